// The door of the JS engine: the oracle. Stages, one file each: scan and fast (good payloads), classify (all others),
// normalize, validate, canonical, digest, compress.

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
import { compileClassifier } from './slow-path.ts'
import { createCompressor } from './compress.ts'
import { createDigester } from './digest.ts'
import { compileFastPath } from './fast-path.ts'
import { straighten } from './resolve-references.ts'

/** The JS engine; `report` says why it was chosen. It runs everywhere. */
export const createJsEngine = (report: EngineReport, jsCompressor?: JsCompressor): Engine => ({
  report,
  compile: (contract, options) => compileContract(contract, jsCompressor, options),
})

function compileContract(
  contract: Contract,
  jsCompressor: JsCompressor | undefined,
  options: ProcessorOptions = {},
): CompiledContract {
  const profile = straighten(contract.profile)
  const compress = createCompressor(profile.compress, { jsCompressor, dictionary: dictionaryOf(contract) })
  const digest = createDigester(profile.digest, options.digestKey)
  const fast = compileFastPath(profile)
  const classify = compileClassifier(profile)
  const process = (payload: Uint8Array, canonical: boolean): Outcome => {
    let text = fast(payload)
    if (text === undefined) {
      const outcome = classify(payload)
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
