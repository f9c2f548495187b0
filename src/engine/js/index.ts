// Entry point of the JS engine, the oracle of the native one. The fast path handles valid payloads; the slow path all
// others: read, normalize, validate, write. Then come compression and digest.

import { encodeUtf8 } from '#runtime'
import {
  deadlineError,
  encodeOutcome,
  withCanonical,
  type Contract,
  type LoadedEngineReport,
  type JsCompressor,
  type Outcome,
  type ProcessorOptions,
} from '../../model/index.ts'
import { dictionaryOf } from '../../contract/index.ts'
import { runWithin, spendAhead, timeIsOver, type RunLimit } from '../../util/step-budget.ts'
import type { CompiledContract, Engine } from '../engine.ts'
import { compressNanos, createCompressor } from './compress.ts'
import { createDigester } from './digest.ts'
import { compileFastPath } from './fast-path.ts'
import { resolveReferences } from './resolve-references.ts'
import { compileSlowPath } from './slow-path.ts'

/** The JS engine; `report` holds the reason it was chosen. */
export const createJsEngine = (report: LoadedEngineReport, jsCompressor?: JsCompressor): Engine => ({
  report,
  compile: (contract, options) => compileContract(contract, jsCompressor, options),
})

/** For a UTF-16 unit, as `compressNanos`. */
const encodeNanos = 1

function compileContract(
  contract: Contract,
  jsCompressor: JsCompressor | undefined,
  options: ProcessorOptions = {},
): CompiledContract {
  const profile = resolveReferences(contract.profile)
  const compress = createCompressor(profile.compress, { jsCompressor, dictionary: dictionaryOf(contract) })
  const digest = createDigester(profile.digest, options.digestKey)
  const fastPath = compileFastPath(profile)
  const slowPath = compileSlowPath(profile)
  const nanos = compressNanos(profile.compress)
  const digestNanos = profile.digest === 'none' ? 0 : 3
  const run = (payload: Uint8Array, canonical: boolean): Outcome => {
    let text = fastPath(payload)
    if (text === undefined) {
      const outcome = slowPath(payload)
      if (!outcome.ok) return outcome
      text = outcome.text
    }
    spendAhead(text.length, encodeNanos)
    const bytes = encodeUtf8(text)
    spendAhead(bytes.length, nanos)
    const body = compress(bytes)
    spendAhead(bytes.length, digestNanos)
    const accepted = {
      ok: true,
      body,
      codec: profile.compress.codec,
      digest: digest(bytes),
      inBytes: payload.length,
      canonicalBytes: bytes.length,
      outBytes: body.length,
    } as const
    return canonical ? withCanonical(accepted, bytes) : accepted
  }
  const process = (payload: Uint8Array, canonical: boolean, limit?: RunLimit): Outcome => {
    if (limit === undefined) return run(payload, canonical)
    try {
      return runWithin(limit, () => run(payload, canonical))
    } catch (error) {
      throw error === timeIsOver ? deadlineError('run') : error
    }
  }
  return {
    process,
    processInto: (payload, canonical, target, offset, limit) =>
      encodeOutcome(process(payload, canonical, limit), target, offset),
    dispose: () => {},
  }
}
