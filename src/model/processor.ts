// The public interfaces: Processor, Host and their options, the same for every placement.
//
//   ready ──close()──▶ closing ──accepted work done──▶ closed
//     └────────────────destroy(error)──────────────────▲   (accepted work fails with the error)

import type { AsyncClosable } from './ambient.ts'
import type { Contract } from './contract.ts'
import type { ErrorCode, SidelaneError } from './errors.ts'
import type { EngineReport, PlacedName } from './engine-report.ts'
import type { LatencyStats } from './latency-stats.ts'
import type { Payload } from './payload.ts'
import type { BreakerStats } from './breaker-state.ts'
import type { FallbackStats } from './policy-options.ts'
import type { QueueStats } from './queue-stats.ts'
import type { RolloutStats } from './rollout-stats.ts'
import type { SharedCacheStats } from './shared-cache.ts'
import type { Answered } from './via.ts'
import type { WorkerRestarts } from './worker-restarts.ts'
import type { AcceptedCanonical, AcceptedInApp, Accepted, Failed, Rejected } from './outcome.ts'

/** The thresholds of `placement: 'auto'`, as measured at start-up. Later, live measurements of each contract apply. */
export interface AutoThresholds {
  /** Largest payload that runs inline, at the measured speed. */
  readonly inlineMaxBytes: number
  /** Inline time per turn of the event loop; further calls go to the pool. */
  readonly inlineBudgetUs: number
  /** Round trip to a worker, without the work itself. */
  readonly hopUs: number
  /** Inline time per KiB, measured with a payload of 4 KiB. */
  readonly perKibUs: number
}

/** Options of one call. */
export interface ProcessOptions<C extends boolean = boolean> {
  /** Time limit of this call, in ms, 1 to 60,000. Default: the host's. Inline it is checked at entry only. */
  readonly deadlineMs?: number | undefined
  /** Cancels the call: it rejects with `cancelled`, with the signal's reason as cause. */
  readonly signal?: AbortSignal | undefined
  /** Adds the canonical bytes and the value to an accepted outcome. Default: the processor's. */
  readonly canonical?: C | undefined
  /**
   * The header of W3C Trace Context: a sidecar's daemon logs its trace-id with the call. An invalid one is ignored, as
   * the standard requires.
   */
  readonly traceparent?: string | undefined
}

/**
 * Options `O`, whose type parameters are inferred from `P`: from `O` alone, an option of type `true | undefined` would be
 * inferred as `true`.
 */
export type InferredBy<O, P> = O | (O & P)

/** What `process` resolves with; `C`: with the canonical form; `A`: with the output of the app's schema. */
export type ProcessOutcome<Out, C extends boolean, A extends boolean = false> =
  | ((C extends true ? AcceptedCanonical<Out> : A extends true ? AcceptedInApp<Out> : Accepted) & Answered)
  | (Rejected & Answered)

/** Options of a stream. */
export interface StreamOptions<C extends boolean = boolean> {
  /**
   * Payloads read ahead of the consumer, 1 to 1,000,000: in flight, or done and not yet consumed. Default: as many as
   * keep the placement busy, by the size of the payloads.
   */
  readonly concurrency?: number | undefined
  /** Ends the stream: it rejects with `cancelled`, with the signal's reason as cause, and closes the source. */
  readonly signal?: AbortSignal | undefined
  /** Adds the canonical bytes and the value to accepted outcomes. Default: the processor's. */
  readonly canonical?: C | undefined
  /** Time limit of each payload, in ms, 1 to 60,000, from when it is read. Default: none. */
  readonly deadlineMs?: number | undefined
}

/** The source of a stream: payloads in order. Not a string, which is one payload. */
export type StreamSource<In> = (AsyncIterable<StreamPayload<In>> | Iterable<StreamPayload<In>>) & object

/** A payload, or an error of producing it, which the stream returns as `Failed` in its place. */
export type StreamPayload<In> = Payload<In> | SidelaneError

/** One item of a stream: the payload's outcome, or the fault of its call. */
export type StreamItem<Out = unknown, C extends boolean = boolean, A extends boolean = false> =
  | ProcessOutcome<Out, C, A>
  | Failed

/** Counters of a result cache. A hit is a call without a run of its own. */
export interface CacheStats {
  /** Calls that took a cached result, or shared a run in flight. */
  readonly hits: number
  /** Calls with a run of their own, or with a result of the shared tier. */
  readonly misses: number
  /** hits / (hits + misses), 0 before the first call. */
  readonly hitRatio: number
  /** Cached results of the whole host. */
  readonly entries: number
  /** Their size, in bytes. */
  readonly bytes: number
  /** Only with a shared tier: that of the whole host. */
  readonly shared?: SharedCacheStats
}

/**
 * Counters since creation, and gauges (inFlight, queued, queuedBytes). At every moment
 * calls = accepted + rejected + shed + deadlineExceeded + cancelled + failed + inFlight.
 */
export interface Stats {
  /** Every call of `process`, and every payload of a stream. */
  readonly calls: number
  /** Resolved with `ok: true`. */
  readonly accepted: number
  /** Resolved with `ok: false`. */
  readonly rejected: number
  /** Refused by admission: `overloaded`. */
  readonly shed: number
  /** Rejected with `deadline.exceeded`. */
  readonly deadlineExceeded: number
  /** Rejected with `cancelled`. */
  readonly cancelled: number
  /** All other faults. */
  readonly failed: number
  /** Calls not yet settled, including the queued ones. */
  readonly inFlight: number
  /** Calls that wait for a worker, or for the daemon's flow control. */
  readonly queued: number
  /** Payload bytes of the queued calls. */
  readonly queuedBytes: number
  /** Rejections and faults, by their code. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>
  /** Bytes of the payloads with an outcome; of a rejected text its length, of a rejected value 0. */
  readonly inBytes: number
  /** Bytes of the bodies. */
  readonly outBytes: number
  /** Where the time of the calls goes. */
  readonly latency: LatencyStats
  /** Only with placement `auto`: settled calls that ran inline. */
  readonly ranInline?: number
  /** Only with placement `pool` or `auto`: workers of the host that ended and were replaced, by the cause. */
  readonly restarts?: WorkerRestarts
  /** Only with a result cache. */
  readonly cache?: CacheStats
  /** Only with a fallback. */
  readonly fallback?: FallbackStats
  /** Only with a breaker. */
  readonly breaker?: BreakerStats
  /** Only of a rollout. */
  readonly rollout?: RolloutStats
  /** Only of a producer and of a worker of a queue. */
  readonly queue?: QueueStats
}

/** `ready` accepts calls, `closing` finishes the accepted ones, `closed` has none. */
export type State = 'ready' | 'closing' | 'closed'

/**
 * The lifecycle of a host or a processor. A server calls `close` at shutdown. `await using` closes at the end of its block: in
 * a function, not at the top of a module.
 */
export interface Lifecycle extends AsyncClosable {
  /** Its current state. */
  readonly state: State
  /** Finishes accepted work; later calls reject with `unavailable`. */
  close(): Promise<void>
  /** Fails accepted work now: with `error` if it is a SidelaneError, else with `unavailable` caused by `error`. */
  destroy(error?: Error): Promise<void>
}

/** A host or a processor. */
interface Placed extends Lifecycle {
  /** Where payloads are processed. */
  readonly placement: PlacedName
  /** The selected engine and the reason. */
  readonly engine: EngineReport
  /** Only with placement `auto`. */
  readonly thresholds?: AutoThresholds | undefined
}

declare const form: unique symbol

/** One contract on one placement. `C` is the processor's `canonical`, which a call's option overrides, `A` its `runInApp`. */
export interface Processor<
  In = unknown,
  Out = In,
  C extends boolean = false,
  A extends boolean = false,
> extends Placed {
  /** Its contract. */
  readonly contract: Contract<In, Out>
  /** @internal For types alone: a processor with `canonical` may take the place of one without it, but not the reverse. */
  readonly [form]?: { readonly [Member in [C] extends [true] ? 'value' : never]: true }
  /**
   * Normalizes, validates and compresses one payload: bytes, JSON text (every string is read as text) or a value.
   * Resolves with the outcome of the data; rejects with `SidelaneError` for faults.
   */
  process<K extends boolean = C>(
    payload: Payload<In>,
    options?: InferredBy<ProcessOptions<K>, { readonly canonical: K }>,
  ): Promise<ProcessOutcome<Out, NoInfer<K>, A>>
  /**
   * Processes the payloads of a source and returns their outcomes in the same order. It reads ahead by `concurrency`.
   * With a full queue it waits instead of failing. A fault of one item takes the place of that item.
   *
   * Rejects with the error of the source, with `cancelled` (its signal) and with `unavailable` (the processor closes);
   * the last two close the source. Leaving the loop closes the source and drops the items in flight. A source may reuse
   * the bytes of a payload when it is asked for the next one. Throws `options.invalid`.
   */
  stream<K extends boolean = C>(
    source: StreamSource<In>,
    options?: InferredBy<StreamOptions<K>, { readonly canonical: K }>,
  ): AsyncIterableIterator<StreamItem<Out, NoInfer<K>, A>>
  /** The current counters of this processor. */
  stats(): Stats
}

/** One placement for many contracts. */
export interface Host extends Placed {
  /**
   * The processor of one contract; closing it leaves the host open. Throws `codec.unavailable`, `options.invalid`,
   * `contract.*`, and `unavailable` when the host is closed.
   */
  processor<In, Out, C extends boolean = false, A extends boolean = false>(
    contract: Contract<In, Out>,
    options?: InferredBy<ProcessorOptions<C, A>, { readonly canonical: C; readonly runInApp: A }>,
  ): Processor<In, Out, NoInfer<C>, NoInfer<A>>
  /** The current counters of all its processors together. */
  stats(): Stats
}

/** Options of one contract on a host. */
export interface ProcessorOptions<C extends boolean = boolean, A extends boolean = boolean> {
  /** Key of `digest: "hmac-sha-256"`, at least 16 bytes; never part of the lock. */
  readonly digestKey?: Uint8Array | undefined
  /** Adds the canonical bytes and the value to each accepted outcome. Default false. */
  readonly canonical?: C | undefined
  /**
   * Gives each accepted payload, as it was read, to the zod schema of the contract, on the caller's thread: its issues are
   * `app.failed`, and `outcome.value()` is its output. Only with a contract of `defineContract`. Default false.
   */
  readonly runInApp?: A | undefined
}
