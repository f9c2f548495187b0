// The one interface: what `createProcessor` and `host.processor` give back, whatever the placement.
//
//   ready ──close()──▶ closing ──accepted work done──▶ closed
//     └────────────────destroy(error)──────────────────▲   (accepted work fails with the error)

import type { Contract } from './contract.ts'
import type { SidelaneError } from './errors.ts'
import type { AcceptedCanonical, Accepted, Failed, Rejected } from './outcome.ts'

/** Which engine is asked for: `auto` takes native where it loads, else js. */
export type EngineName = 'auto' | 'js' | 'native'
/** What writes gzip, deflate and deflate-raw in the js engine. */
export type JsCompressor = 'zlib' | 'fflate'
/** Where payloads are processed. */
export type PlacementName = 'inline' | 'pool' | 'auto' | 'sidecar'

/** What `placement: 'auto'` goes by, as measured when it started. Live figures of each contract take over from there. */
export interface AutoThresholds {
  /** The largest payload that runs inline, at the measured speed. */
  readonly inlineMaxBytes: number
  /** How long one turn of the event loop may last before the rest of its calls go to the pool. */
  readonly inlineBudgetUs: number
  /** To a worker and back, without the work itself. */
  readonly hopUs: number
  /** A KiB of a payload of 4 KiB, inline. */
  readonly perKibUs: number
}

/** Which engine answers, and why that one. */
export interface EngineReport {
  /** The engine that answers. */
  readonly kind: 'js' | 'native'
  /** One sentence for a log line. */
  readonly reason: string
  /** What was tried before, with its error. Empty when the first choice loaded. */
  readonly tried: readonly { readonly path: string; readonly error: string }[]
}

/** What one call may ask for. */
export interface ProcessOptions<C extends boolean = boolean> {
  /** Time left for this call, in ms, 1 to 60,000. Default: the host's. What runs inline looks at it on entry only. */
  readonly deadlineMs?: number | undefined
  /** Cancels the call: it rejects with `cancelled`, the signal's reason as cause. */
  readonly signal?: AbortSignal | undefined
  /** Adds the canonical bytes and the value to an accepted outcome. Default: the processor's. */
  readonly canonical?: C | undefined
  /**
   * The header of W3C Trace Context: a sidecar's daemon has its trace-id in the log line of the call. One that is not
   * valid is ignored, as that standard asks for.
   */
  readonly traceparent?: string | undefined
}

/** What `process` resolves with; `C` says whether the canonical form comes with it. */
export type ProcessOutcome<Out, C extends boolean> = (C extends true ? AcceptedCanonical<Out> : Accepted) | Rejected

/** How a stream runs. */
export interface StreamOptions<C extends boolean = boolean> {
  /**
   * Payloads read ahead of the consumer, 1 to 1,000,000: in flight, or done and not yet taken. Default: as many as keep
   * the placement busy, which follows the size of the payloads.
   */
  readonly concurrency?: number
  /** Ends the stream: it rejects with `cancelled`, the signal's reason as cause, and the source is closed. */
  readonly signal?: AbortSignal
  /** Adds the canonical bytes and the value to accepted outcomes. Default: the processor's. */
  readonly canonical?: C
  /** Time limit of each payload, in ms, 1 to 60,000, from the moment it is read. Default: none. */
  readonly deadlineMs?: number
}

/** What a stream reads: payloads, one after the other. */
export type StreamSource<In> = AsyncIterable<StreamPayload<In>> | Iterable<StreamPayload<In>>

/** A payload, or what went wrong before it got here: that comes out as `Failed` in its place. */
export type StreamPayload<In> = Uint8Array | string | In | SidelaneError

/** One item of a stream: the payload's outcome, or the fault that befell it. */
export type StreamItem<Out = unknown, C extends boolean = boolean> = ProcessOutcome<Out, C> | Failed

/** What a result cache did. A hit is a call that did not need a run of its own. */
export interface CacheStats {
  /** Calls that were answered from the cache, or shared a run in flight. */
  readonly hits: number
  /** Calls that took a run of their own. */
  readonly misses: number
  /** hits / (hits + misses), 0 before the first call. */
  readonly hitRatio: number
  /** Results kept now, by the whole host. */
  readonly entries: number
  /** What they hold, in bytes. */
  readonly bytes: number
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
  /** Calls without an answer yet, the queued ones among them. */
  readonly inFlight: number
  /** Calls that wait for a worker, or for a place at the daemon. */
  readonly queued: number
  /** Payload bytes of the queued calls. */
  readonly queuedBytes: number
  /** Only with placement `auto`: calls that ran inline, and are over. */
  readonly ranInline?: number
  /** Only with a result cache. */
  readonly cache?: CacheStats
}

/** `ready` takes calls, `closing` finishes the accepted ones, `closed` has none. */
export type State = 'ready' | 'closing' | 'closed'

/** How a host or a processor ends. `await using` closes it. */
export interface Lifecycle extends AsyncDisposable {
  /** Where in its life it is. */
  readonly state: State
  /** Finishes accepted work; later calls reject with `unavailable`. */
  close(): Promise<void>
  /** Fails accepted work now: with `error` when it is a SidelaneError, else with `unavailable`, `error` as its cause. */
  destroy(error?: Error): Promise<void>
}

/** One contract on one placement. `C` is the processor's own `canonical`, which a call's option overrides. */
export interface Processor<In = unknown, Out = In, C extends boolean = false> extends Lifecycle {
  /** The contract that it was made for. */
  readonly contract: Contract<In, Out>
  /** Where its payloads are processed. */
  readonly placement: PlacementName
  /** Which engine answers, and why that one. */
  readonly engine: EngineReport
  /** Only with placement `auto`. */
  readonly thresholds?: AutoThresholds | undefined
  /**
   * Normalizes, validates and compresses one payload: bytes, JSON text (every string is read as text) or a value.
   * Resolves for what the data says; rejects with `SidelaneError` for faults.
   */
  process<K extends boolean = C>(
    payload: Uint8Array | string | In,
    options?: ProcessOptions<K>,
  ): Promise<ProcessOutcome<Out, K>>
  /**
   * Processes the payloads of a source and gives their outcomes in the same order. It reads ahead by `concurrency` and no
   * further, it waits for a place in the queue instead of being refused, and a fault of one item takes that item's place.
   *
   * Rejects with what the source throws, with `cancelled` (its signal) and with `unavailable` (the processor closes):
   * the last two close the source. Leaving the loop closes the source and drops what is in flight. Bytes may be used
   * again once the source is asked for the next payload. Throws `options.invalid`.
   */
  stream<K extends boolean = C>(
    source: StreamSource<In>,
    options?: StreamOptions<K>,
  ): AsyncIterableIterator<StreamItem<Out, K>, undefined, undefined>
  /** The counters of this processor's calls, as they are now. */
  stats(): Stats
}

/** One placement that serves many contracts. */
export interface Host extends Lifecycle {
  /** Where payloads are processed. */
  readonly placement: PlacementName
  /** Which engine answers, and why that one. */
  readonly engine: EngineReport
  /** Only with placement `auto`. */
  readonly thresholds?: AutoThresholds | undefined
  /**
   * The processor of one contract; closing it leaves the host open. Throws `codec.unavailable`, `options.invalid`,
   * `contract.*`, and `unavailable` when the host is closed.
   */
  processor<In, Out, C extends boolean = false>(
    contract: Contract<In, Out>,
    options?: ProcessorOptions<C>,
  ): Processor<In, Out, C>
  /** The counters of all its processors together, as they are now. */
  stats(): Stats
}

/** What belongs to one contract on a host. */
export interface ProcessorOptions<C extends boolean = boolean> {
  /** Key of `digest: "hmac-sha-256"`, at least 16 bytes; never part of the lock. */
  readonly digestKey?: Uint8Array | undefined
  /** Adds the canonical bytes and the value to each accepted outcome. Default false. */
  readonly canonical?: C | undefined
}
