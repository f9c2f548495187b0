// The one interface: what `createProcessor` and `host.processor` give back, whatever the placement.
//
//   ready ──close()──▶ closing ──accepted work done──▶ closed
//     └────────────────destroy(error)──────────────────▲   (accepted work fails with the error)

import type { Contract } from './contract.ts'
import type { AcceptedCanonical, Accepted, Rejected } from './outcome.ts'

export type EngineName = 'auto' | 'js' | 'native'
/** What writes gzip, deflate and deflate-raw in the js engine. */
export type JsCompressor = 'zlib' | 'fflate'
export type PlacementName = 'inline' | 'pool'

/** Which engine answers, and why that one. */
export interface EngineReport {
  readonly kind: 'js' | 'native'
  /** One sentence for a log line. */
  readonly reason: string
  /** What was tried before, with its error. Empty when the first choice loaded. */
  readonly tried: readonly { readonly path: string; readonly error: string }[]
}

export interface ProcessOptions<C extends boolean = boolean> {
  /** Time left for this call, in ms, 1 to 60,000. Default: the host's. inline looks at it on entry only. */
  readonly deadlineMs?: number
  /** Cancels the call: it rejects with `cancelled`, the signal's reason as cause. */
  readonly signal?: AbortSignal
  /** Adds the canonical bytes and the value to an accepted outcome. Default: the processor's. */
  readonly canonical?: C
}

export type ProcessOutcome<Out, C extends boolean> = (C extends true ? AcceptedCanonical<Out> : Accepted) | Rejected

/**
 * Counters since creation, and gauges (inFlight, queued, queuedBytes). At every moment
 * calls = accepted + rejected + shed + deadlineExceeded + cancelled + failed + inFlight.
 */
export interface Stats {
  readonly calls: number
  readonly accepted: number
  readonly rejected: number
  /** Refused by admission: `overloaded`. */
  readonly shed: number
  readonly deadlineExceeded: number
  readonly cancelled: number
  /** All other faults. */
  readonly failed: number
  /** Calls without an answer yet, the queued ones among them. */
  readonly inFlight: number
  /** Calls that wait for a worker. */
  readonly queued: number
  /** Payload bytes of the queued calls. */
  readonly queuedBytes: number
}

export type State = 'ready' | 'closing' | 'closed'

export interface Lifecycle extends AsyncDisposable {
  readonly state: State
  /** Finishes accepted work; later calls reject with `unavailable`. */
  close(): Promise<void>
  /** Fails accepted work now: with `error` when it is a SidelaneError, else with `unavailable`, `error` as its cause. */
  destroy(error?: Error): Promise<void>
}

/** One contract on one placement. `C` is the processor's own `canonical`, which a call's option overrides. */
export interface Processor<In = unknown, Out = In, C extends boolean = false> extends Lifecycle {
  readonly contract: Contract<In, Out>
  readonly placement: PlacementName
  readonly engine: EngineReport
  /**
   * Normalizes, validates and compresses one payload: bytes, JSON text (every string is read as text) or a value.
   * Resolves for what the data says; rejects with `SidelaneError` for faults.
   */
  process<K extends boolean = C>(
    payload: Uint8Array | string | In,
    options?: ProcessOptions<K>,
  ): Promise<ProcessOutcome<Out, K>>
  stats(): Stats
}

/** One placement that serves many contracts. */
export interface Host extends Lifecycle {
  readonly placement: PlacementName
  readonly engine: EngineReport
  /**
   * The processor of one contract; closing it leaves the host open. Throws `codec.unavailable`, `options.invalid`,
   * `contract.*`, and `unavailable` when the host is closed.
   */
  processor<In, Out, C extends boolean = false>(
    contract: Contract<In, Out>,
    options?: ProcessorOptions<C>,
  ): Processor<In, Out, C>
  stats(): Stats
}

/** What belongs to one contract on a host. */
export interface ProcessorOptions<C extends boolean = boolean> {
  /** Key of `digest: "hmac-sha-256"`, at least 16 bytes; never part of the lock. */
  readonly digestKey?: Uint8Array
  /** Adds the canonical bytes and the value to each accepted outcome. Default false. */
  readonly canonical?: C
}
