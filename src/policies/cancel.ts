// AbortSignal → `cancelled`. One listener per signal, however many calls share it: an EventTarget searches its listeners
// one by one, so with a thousand of them the end of each call would be slow.

import { SidelaneError, type Call, type Holder, type Layer } from '../model/index.ts'

const groups = new WeakMap<AbortSignal, SignalGroup>()

/** Fails a call when its signal is aborted; immediately if it already is. */
export const cancel: Layer = (inner) => (call) => {
  const { signal } = call
  if (signal === undefined) return inner(call)
  if (signal.aborted) return call.fail(cancelled(signal))
  let group = groups.get(signal)
  if (group === undefined) groups.set(signal, (group = new SignalGroup(signal)))
  group.add(call)
  inner(call)
}

/** The unsettled calls of one signal. */
class SignalGroup implements Holder {
  readonly #signal: AbortSignal
  readonly #calls = new Set<Call>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(call: Call): void {
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this.#abort)
    this.#calls.add(call)
    call.signalGroup = this
  }

  release(call: Call): void {
    this.#calls.delete(call)
    // A signal that outlives its calls must not retain them.
    if (this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => {
    const error = cancelled(this.#signal)
    for (const call of this.#calls) call.fail(error)
  }
}

const cancelled = (signal: AbortSignal): SidelaneError =>
  new SidelaneError('cancelled', { cause: signal.reason as unknown })
