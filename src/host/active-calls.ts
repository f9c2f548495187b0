// The roll of a host: its calls without an answer. Deadlines, destroy and the gauges go through it; what they do with a
// call is theirs.

import type { Call, Holder, Layer, Stats } from '../model/index.ts'

// A list through the calls themselves: a Set that takes and loses every call is a tenth of what the pool costs the main
// thread.
export class Roll implements Holder {
  #first: Call | undefined
  #last: Call | undefined

  readonly layer: Layer = (inner) => (call) => {
    call.onRoll = true
    call.earlier = this.#last
    if (this.#last === undefined) this.#first = call
    else this.#last.later = call
    this.#last = call
    inner(call)
  }

  release(call: Call): void {
    // One that an outer layer refused was never here.
    if (!call.onRoll) return
    call.onRoll = false
    const { earlier, later } = call
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    call.earlier = call.later = undefined
  }

  /** From the eldest on. The call that it is at may end meanwhile. */
  *[Symbol.iterator](): Generator<Call, void> {
    for (let call = this.#first; call !== undefined;) {
      const { later } = call
      yield call
      call = later
    }
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
