// Counts calls by how they end.

import { bucketBoundsUs } from '../tables/metrics.ts'
import { Histogram } from '../util/histogram.ts'
import {
  runOf,
  SidelaneError,
  type Call,
  type ErrorCode,
  type LatencyHistogram,
  type Outcome,
  type Placement,
  type ProcessCall,
  type SharedCacheStats,
  type Stats,
} from '../model/index.ts'
import type { CallTimes } from './call-times.ts'

/** Counters of the whole host: its processors share the policies. */
export type PolicyStats = Pick<Stats, 'breaker' | 'fallback' | 'queue' | 'rollout'>

/** Of the cache of the whole host. */
export interface CacheGauges {
  readonly entries: number
  readonly bytes: number
  readonly shared: SharedCacheStats | undefined
}

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
    inBytes: 0,
    outBytes: 0,
  }
  readonly #byCode = new Map<ErrorCode, number>()
  readonly #queueWait = new Histogram(bucketBoundsUs)
  readonly #run = new Histogram(bucketBoundsUs)
  readonly #added = new Histogram(bucketBoundsUs)
  readonly #total = new Histogram(bucketBoundsUs)
  #hits = 0
  #misses = 0
  #ranInline = 0
  #wakeWhenIdle: (() => void) | undefined

  started(): void {
    this.#counts.calls++
    this.#counts.inFlight++
  }

  ended(call: ProcessCall, result: Outcome | SidelaneError, times: CallTimes): void {
    const { cached } = call
    if (runOf(call).ranInline) this.#ranInline++
    if (cached === 'hit') this.#hits++
    else if (cached !== undefined) this.#misses++
    if (result instanceof SidelaneError) this.#countFault(result, times)
    else this.#countOutcome(result, call.givenBytes, times)
    if (--this.#counts.inFlight === 0) this.#wakeWhenIdle?.()
  }

  /** Resolves when no call is in flight. One caller waits at most. */
  async idle(): Promise<void> {
    if (this.#counts.inFlight > 0) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
  }

  #countOutcome(outcome: Outcome, givenBytes: number, { total, queueWait, run }: CallTimes): void {
    const counts = this.#counts
    if (outcome.ok) {
      counts.accepted++
      counts.inBytes += outcome.inBytes
      counts.outBytes += outcome.outBytes
    } else {
      counts.rejected++
      counts.inBytes += givenBytes
      this.#countCode(outcome.code)
    }
    this.#total.add(total)
    // False for NaN.
    if (run >= 0) {
      this.#queueWait.add(queueWait)
      this.#run.add(run)
      this.#added.add(total - run)
    }
  }

  #countCode(code: ErrorCode): void {
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1)
  }

  #countFault({ code }: SidelaneError, { total }: CallTimes): void {
    this.#countCode(code)
    if (code !== 'overloaded' && code !== 'cancelled') this.#total.add(total)
    if (code === 'overloaded') this.#counts.shed++
    else if (code === 'deadline.exceeded') this.#counts.deadlineExceeded++
    else if (code === 'cancelled') this.#counts.cancelled++
    else this.#counts.failed++
  }

  /** With the gauges of the calls in flight, of the cache and of the placement. */
  snapshot(
    gauges: Gauges,
    cache: CacheGauges | undefined,
    { thresholds, restarts }: Pick<Placement, 'thresholds' | 'restarts'>,
    policies: PolicyStats,
  ): Stats {
    const asked = this.#hits + this.#misses
    return {
      ...this.#counts,
      ...gauges,
      errors: Object.fromEntries(this.#byCode),
      latency: {
        boundsUs: bucketBoundsUs,
        queueWait: histogramOf(this.#queueWait),
        run: histogramOf(this.#run),
        added: histogramOf(this.#added),
        total: histogramOf(this.#total),
      },
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
          ...(cache.shared !== undefined && { shared: cache.shared }),
        },
      }),
    }
  }
}

function histogramOf({ counts, sumUs }: Histogram): LatencyHistogram {
  const buckets = [...counts]
  return { count: buckets.reduce((sum, one) => sum + one, 0), sumUs, buckets }
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
