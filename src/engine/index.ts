// The door of the engines: which one a thread uses, and why. What an engine does is in js/ and native/.

import { SidelaneError, type EngineName } from '../contract/index.ts'
import type { Engine } from './engine.ts'
import { createJsEngine } from './js/index.ts'

export type { CompiledContract, Engine } from './engine.ts'
export { payloadBytes } from './input.ts'

/**
 * The engine of that name, for this thread. `auto` takes native where it loads, else js, and reports the reason.
 * Throws `engine.unavailable`, with what was tried as cause, when `native` is asked for and cannot be loaded.
 */
export function createEngine(name: EngineName): Engine {
  if (name === 'js') return createJsEngine({ kind: 'js', reason: 'js was asked for', tried: [] })
  if (name === 'native') throw new SidelaneError('engine.unavailable')
  return createJsEngine({ kind: 'js', reason: 'native is not built', tried: [] })
}
