// Entry point of engine/: selects the engine of a thread.

import { SidelaneError, type EngineName, type LoadedEngineReport, type JsCompressor } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { createJsEngine } from './js/index.ts'
import { warnOnce } from '#runtime'
import { loadNative, type Failure } from './native/index.ts'

export type { CompiledContract, Engine, RunLimit } from './engine.ts'
export { decompress, type DecompressOptions } from './decompress.ts'
export { plainValue } from '../json/index.ts'
export { compileValueReader } from './js/value-reader.ts'
export { documentReader, takeContent } from './document.ts'
export { assignLengths } from './js/deflate/code-lengths.ts'
export { headerBits } from './js/deflate/header.ts'
export {
  distances,
  endOfBlock,
  lengthExtraBits,
  literalsAndLengths,
  maxMatch,
  minMatch,
  symbolOfDistance,
  symbolOfLength,
} from './js/deflate/symbols.ts'
export { checkHeap } from './heap.ts'
export { boundedBytes, payloadBytes, textRejection } from './input.ts'
export { nativeDictionary } from './native/index.ts'
export { verify, type Verifiable, type VerifyOptions } from './verify.ts'
export { readZstdFrame, zstdDictionaryId, zstdHeaderBytes } from './zstd-frame.ts'

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
  if (auto) return js(`The native engine could not be loaded: ${mainReason(loaded)}`, loaded.tried)
  throw new SidelaneError('engine.unavailable', {
    message: `The native engine cannot be loaded: ${mainReason(loaded)}`,
    cause: loaded.error,
    params: { tried: loaded.tried },
  })
}

/** Warns once a process, when `auto` has selected js. To be called for engines that process payloads of the app. */
export function warnOfFallback(name: EngineName, { kind, reason }: LoadedEngineReport): void {
  if (name !== 'auto' || kind !== 'js') return
  const advice = "It runs on the js engine, which gives the same results more slowly; engine: 'js' asks for that."
  warnOnce('SIDELANE_NO_NATIVE', `sidelane runs without its native engine. ${reason.replace(/\.?$/, '.')} ${advice}`)
}

/** A file that is there says more than one that is missing; the first candidate is the expected one. */
function mainReason({ tried, error }: Failure): string {
  const isMissing = (cause: unknown): boolean => (cause as { code?: unknown }).code === 'MODULE_NOT_FOUND'
  const main = tried[error.errors.findIndex((cause) => !isMissing(cause))] ?? tried[0]
  return main ? `${main.path}: ${main.error}` : error.message
}
