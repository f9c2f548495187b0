// Counts calls by how they end.

import {
  runOf,
  SidelaneError,
  type CacheStats,
  type Call,
  type Outcome,
  type Placement,
  type Stats,
} from '../model/index.ts'

/** Counters of the whole host: its processors share the policies. */
export type PolicyStats = Pick<Stats, 'breaker' | 'fallback' | 'rollout'>

type Gauges = Pick<Stats, 'queued' | 'queuedBytes'>

export class Counters {
  readonly #counts = {
    calls: 0,
    accepted: 0,
    rejected: 0,
    shed: 0,
    deadlineExceeded: 0,
    cancelled: 0,
    failed: 0,
    inFlight: 0,
  }
  #hits = 0
  #misses = 0
  #ranInline = 0
  #wakeWhenIdle: (() => void) | undefined

  started(): void {
    this.#counts.calls++
    this.#counts.inFlight++
  }

  ended(call: Call, result: Outcome | SidelaneError): void {
    const { cached } = call
    if (runOf(call).ranInline) this.#ranInline++
    if (cached === 'hit') this.#hits++
    else if (cached === 'miss') this.#misses++
    if (result instanceof SidelaneError) this.#countFault(result)
    else if (result.ok) this.#counts.accepted++
    else this.#counts.rejected++
    if (--this.#counts.inFlight === 0) this.#wakeWhenIdle?.()
  }

  /** Resolves when no call is in flight. One caller waits at most. */
  async idle(): Promise<void> {
    if (this.#counts.inFlight > 0) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
  }

  #countFault({ code }: SidelaneError): void {
    if (code === 'overloaded') this.#counts.shed++
    else if (code === 'deadline.exceeded') this.#counts.deadlineExceeded++
    else if (code === 'cancelled') this.#counts.cancelled++
    else this.#counts.failed++
  }

  /** With the gauges of the calls in flight, of the cache and of the placement. */
  snapshot(
    gauges: Gauges,
    cache: Pick<CacheStats, 'entries' | 'bytes'> | undefined,
    { thresholds, restarts }: Pick<Placement, 'thresholds' | 'restarts'>,
    policies: PolicyStats,
  ): Stats {
    const asked = this.#hits + this.#misses
    return {
      ...this.#counts,
      ...gauges,
      ...(thresholds !== undefined && { ranInline: this.#ranInline }),
      ...(restarts !== undefined && { restarts }),
      ...policies,
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

/** The gauges of the queue, computed when asked for: a call does not pay for them. */
export function queuedOf(calls: Iterable<Call>): Gauges {
  // With a cache one payload may wait for several calls.
  const payloads = new Set<Call>()
  let queued = 0
  let queuedBytes = 0
  for (const call of calls) {
    const run = runOf(call)
    if (run.phase !== 'queued') continue
    queued++
    if (payloads.has(run)) continue
    if (run !== call) payloads.add(run)
    queuedBytes += run.copiedBytes
  }
  return { queued, queuedBytes }
}
