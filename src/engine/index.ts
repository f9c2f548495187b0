// The door of the engines: which one a thread uses, and why. What an engine does is in js/ and native/.

import { SidelaneError, type EngineName, type EngineReport, type JsCompressor } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { createJsEngine } from './js/index.ts'
import { loadNative, type Failure } from './native/index.ts'

export type { CompiledContract, Engine } from './engine.ts'
export { decompress, type DecompressOptions } from './decompress.ts'
export { payloadBytes, textRefusal } from './input.ts'
export { verify, type Verifiable, type VerifyOptions } from './verify.ts'

/**
 * The engine of that name, for this thread. `auto` takes native where it loads, else js, and reports the reason.
 * `jsCompressor` is the js engine's. Throws `engine.unavailable`, with what was tried as cause, when `native` is asked for and cannot be loaded.
 */
export function createEngine(name: EngineName, jsCompressor?: JsCompressor): Engine {
  if (name === 'js') {
    return createJsEngine({ kind: 'js', reason: 'The js engine was asked for.', tried: [] }, jsCompressor)
  }
  const auto = name === 'auto'
  const loaded = loadNative(auto ? 'The native engine loaded.' : 'The native engine was asked for.')
  if ('engine' in loaded) return loaded.engine
  if (auto) return createJsEngine(fallbackReport(loaded), jsCompressor)
  throw new SidelaneError('engine.unavailable', {
    message: `The native engine cannot be loaded: ${firstReason(loaded)}`,
    cause: loaded.error,
    params: { tried: loaded.tried },
  })
}

const fallbackReport = (failure: Failure): EngineReport => ({
  kind: 'js',
  reason: `The native engine could not be loaded: ${firstReason(failure)}`,
  tried: failure.tried,
})

/** The first file is the one that should have been there. */
function firstReason({ tried, error }: Failure): string {
  const [first] = tried
  return first ? `${first.path}: ${first.error}` : error.message
}
