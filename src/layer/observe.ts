// Counts calls by how they end. What is in a queue is not here.

import { SidelaneError, type Call, type Holder, type Layer, type Outcome, type Stats } from '../contract/index.ts'

export class Counters implements Holder {
  #calls = 0
  #accepted = 0
  #rejected = 0
  #shed = 0
  #deadlineExceeded = 0
  #cancelled = 0
  #failed = 0
  #inFlight = 0
  #wakeWhenIdle: (() => void) | undefined

  readonly layer: Layer = (inner) => (call) => {
    this.#calls++
    this.#inFlight++
    inner(call)
  }

  release(_call: Call, result: Outcome | SidelaneError): void {
    if (result instanceof SidelaneError) this.#countFault(result)
    else if (result.ok) this.#accepted++
    else this.#rejected++
    if (--this.#inFlight === 0) this.#wakeWhenIdle?.()
  }

  /** Resolves when no call is without an answer. One waits at most. */
  async idle(): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
  }

  #countFault({ code }: SidelaneError): void {
    if (code === 'overloaded') this.#shed++
    else if (code === 'deadline.exceeded') this.#deadlineExceeded++
    else if (code === 'cancelled') this.#cancelled++
    else this.#failed++
  }

  /** With the gauges of the queue. */
  snapshot(queue: Pick<Stats, 'queued' | 'queuedBytes'>): Stats {
    return {
      calls: this.#calls,
      accepted: this.#accepted,
      rejected: this.#rejected,
      shed: this.#shed,
      deadlineExceeded: this.#deadlineExceeded,
      cancelled: this.#cancelled,
      failed: this.#failed,
      inFlight: this.#inFlight,
      queued: queue.queued,
      queuedBytes: queue.queuedBytes,
    }
  }
}
