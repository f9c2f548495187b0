// Counts calls by how they end. What is in a queue is not here.

import {
  SidelaneError,
  type CacheStats,
  type Call,
  type Holder,
  type Layer,
  type Outcome,
  type Stats,
} from '../model/index.ts'

export class Counters implements Holder {
  #calls = 0
  #accepted = 0
  #rejected = 0
  #shed = 0
  #deadlineExceeded = 0
  #cancelled = 0
  #failed = 0
  #inFlight = 0
  #hits = 0
  #misses = 0
  #ranInline = 0
  #wakeWhenIdle: (() => void) | undefined

  readonly layer: Layer = (inner) => (call) => {
    this.#calls++
    this.#inFlight++
    inner(call)
  }

  release(call: Call, result: Outcome | SidelaneError): void {
    const { cached } = call
    if ((call.standIn ?? call).ranInline) this.#ranInline++
    if (cached === 'hit') this.#hits++
    else if (cached === 'miss') this.#misses++
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

  /** With the gauges of the queue and, where there is one, of the cache; `chooses`: of a placement that does. */
  snapshot(
    queue: Pick<Stats, 'queued' | 'queuedBytes'>,
    cache?: Pick<CacheStats, 'entries' | 'bytes'>,
    chooses = false,
  ): Stats {
    const asked = this.#hits + this.#misses
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
      ...(chooses && { ranInline: this.#ranInline }),
      ...(cache !== undefined && {
        cache: {
          hits: this.#hits,
          misses: this.#misses,
          hitRatio: asked === 0 ? 0 : this.#hits / asked,
          entries: cache.entries,
          bytes: cache.bytes,
        },
      }),
    }
  }
}
