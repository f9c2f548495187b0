// The roll of a host: its calls without an answer. Deadlines, destroy and the gauges go through it; what they do with a
// call is theirs.

import type { Call, Holder, Layer, Stats } from '../contract/index.ts'

export class Roll implements Holder {
  readonly #calls = new Set<Call>()

  readonly layer: Layer = (inner) => (call) => {
    this.#calls.add(call)
    inner(call)
  }

  release(call: Call): void {
    this.#calls.delete(call)
  }

  [Symbol.iterator](): IterableIterator<Call> {
    return this.#calls.values()
  }
}

/** Counted when asked for: no call pays for a gauge. */
export function waitingOf(calls: Iterable<Call>): Pick<Stats, 'queued' | 'queuedBytes'> {
  let queued = 0
  let queuedBytes = 0
  for (const call of calls) {
    if (call.phase !== 'queued') continue
    queued++
    queuedBytes += call.copiedBytes
  }
  return { queued, queuedBytes }
}
