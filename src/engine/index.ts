// Entry point of engine/: selects the engine of a thread.

import { SidelaneError, type EngineName, type LoadedEngineReport, type JsCompressor } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { createJsEngine } from './js/index.ts'
import { loadNative, type Failure } from './native/index.ts'

export type { CompiledContract, Engine, RunLimit } from './engine.ts'
export { decompress, type DecompressOptions } from './decompress.ts'
export { plainValue } from '../json/index.ts'
export { compileValueReader } from './js/value-reader.ts'
export { documentReader, takeContent } from './document.ts'
export { checkHeap } from './heap.ts'
export { payloadBytes, textRejection } from './input.ts'
export { verify, type Verifiable, type VerifyOptions } from './verify.ts'

/**
 * The engine of that name, for this thread. `auto` selects native if it loads, else js, and reports the reason.
 * `jsCompressor` is for the js engine. Throws `engine.unavailable` when `native` is requested and cannot be loaded; its
 * cause lists the attempts.
 */
export function createEngine(name: EngineName, jsCompressor?: JsCompressor): Engine {
  const js = (reason: string, tried: LoadedEngineReport['tried'] = []): Engine =>
    createJsEngine({ kind: 'js', reason, tried }, jsCompressor)
  if (name === 'js') return js('The js engine was asked for.')
  const auto = name === 'auto'
  const loaded = loadNative(auto ? 'The native engine loaded.' : 'The native engine was asked for.')
  if ('engine' in loaded) return loaded.engine
  if (auto) return js(`The native engine could not be loaded: ${firstReason(loaded)}`, loaded.tried)
  throw new SidelaneError('engine.unavailable', {
    message: `The native engine cannot be loaded: ${firstReason(loaded)}`,
    cause: loaded.error,
    params: { tried: loaded.tried },
  })
}

/** The first candidate is the expected file. */
function firstReason({ tried, error }: Failure): string {
  const [first] = tried
  return first ? `${first.path}: ${first.error}` : error.message
}
