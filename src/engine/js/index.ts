// Entry point of the JS engine, the oracle of the native one. The fast path handles valid payloads; the slow path all
// others: read, normalize, validate, write. Then come compression and digest.

import { encodeUtf8 } from '#runtime'
import {
  encodeOutcome,
  withCanonical,
  type Contract,
  type EngineReport,
  type JsCompressor,
  type Outcome,
  type ProcessorOptions,
} from '../../model/index.ts'
import { dictionaryOf } from '../../contract/index.ts'
import type { CompiledContract, Engine } from '../engine.ts'
import { createCompressor } from './compress.ts'
import { createDigester } from './digest.ts'
import { compileFastPath } from './fast-path.ts'
import { resolveReferences } from './resolve-references.ts'
import { compileSlowPath } from './slow-path.ts'

/** The JS engine; `report` holds the reason it was chosen. */
export const createJsEngine = (report: EngineReport, jsCompressor?: JsCompressor): Engine => ({
  report,
  compile: (contract, options) => compileContract(contract, jsCompressor, options),
})

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
  const process = (payload: Uint8Array, canonical: boolean): Outcome => {
    let text = fastPath(payload)
    if (text === undefined) {
      const outcome = slowPath(payload)
      if (!outcome.ok) return outcome
      text = outcome.text
    }
    const bytes = encodeUtf8(text)
    const body = compress(bytes)
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
  return {
    process,
    processInto: (payload, canonical, target, offset) => encodeOutcome(process(payload, canonical), target, offset),
    dispose: () => {},
  }
}
