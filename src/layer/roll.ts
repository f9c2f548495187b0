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
  // One payload may be waiting for several calls.
  const payloads = new Set<Call>()
  let queued = 0
  let queuedBytes = 0
  for (const call of calls) {
    const { standIn = call } = call
    if (standIn.phase !== 'queued') continue
    queued++
    if (payloads.has(standIn)) continue
    if (standIn !== call) payloads.add(standIn)
    queuedBytes += standIn.copiedBytes
  }
  return { queued, queuedBytes }
}
