// AbortSignal → `cancelled`. One listener a signal, however many calls share it: an EventTarget finds a listener by
// walking its list, so a thousand of them would make the end of each call slow.

import { SidelaneError, type Call, type Holder, type Layer } from '../model/index.ts'

const groups = new WeakMap<AbortSignal, Group>()

/** Fails a call when its signal is aborted: at once when it already is. */
export const cancel: Layer = (inner) => (call) => {
  const { signal } = call
  if (signal === undefined) return inner(call)
  if (signal.aborted) return call.fail(cancelled(signal))
  let group = groups.get(signal)
  if (group === undefined) groups.set(signal, (group = new Group(signal)))
  group.add(call)
  inner(call)
}

/** The unsettled calls of one signal. */
class Group implements Holder {
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
    // A signal that outlives its calls must not keep anything.
    if (this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => {
    const error = cancelled(this.#signal)
    for (const call of this.#calls) call.fail(error)
  }
}

const cancelled = (signal: AbortSignal): SidelaneError =>
  new SidelaneError('cancelled', { cause: signal.reason as unknown })
