// The one interface: what `createProcessor` and `host.processor` give back, whatever the placement.
//
//   ready ──close()──▶ closing ──accepted work done──▶ closed
//     └────────────────destroy(error)──────────────────▲   (accepted work fails with the error)

import type { Contract } from './contract.ts'
import type { AcceptedCanonical, Accepted, Rejected } from './outcome.ts'

export type EngineName = 'auto' | 'js' | 'native'
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
  /** Time left for this call, in ms, 1 to 60,000. inline looks at it on entry only. */
  readonly deadlineMs?: number
  /** Cancels the call: it rejects with `cancelled`, the signal's reason as cause. */
  readonly signal?: AbortSignal
  /** Adds the canonical bytes and the value to an accepted outcome. */
  readonly canonical?: C
}

export type ProcessOutcome<Out, C extends boolean> = (C extends true ? AcceptedCanonical<Out> : Accepted) | Rejected

/** Counters since creation, and gauges (inFlight, queued). */
export interface Stats {
  readonly calls: number
  readonly accepted: number
  readonly rejected: number
  /** Refused by admission: `overloaded`. */
  readonly shed: number
  readonly deadlineExceeded: number
  readonly cancelled: number
  readonly failed: number
  readonly inFlight: number
  readonly queued: number
  readonly queuedBytes: number
}

export type State = 'ready' | 'closing' | 'closed'

export interface Lifecycle extends AsyncDisposable {
  readonly state: State
  /** Finishes accepted work; later calls reject with `unavailable`. */
  close(): Promise<void>
  /** Fails accepted work now, with `error` (default: `unavailable`). */
  destroy(error?: Error): Promise<void>
}

export interface Processor<In = unknown, Out = In> extends Lifecycle {
  readonly contract: Contract<In, Out>
  readonly placement: PlacementName
  readonly engine: EngineReport
  /**
   * Normalizes, validates and compresses one payload: bytes, JSON text (every string is read as text) or a value.
   * Resolves for what the data says; rejects with `SidelaneError` for faults.
   */
  process<C extends boolean = false>(
    payload: Uint8Array | string | In,
    options?: ProcessOptions<C>,
  ): Promise<ProcessOutcome<Out, C>>
  stats(): Stats
}

/** One placement that serves many contracts. */
export interface Host extends Lifecycle {
  readonly placement: PlacementName
  readonly engine: EngineReport
  /** The processor of one contract; closing it leaves the host open. */
  processor<In, Out>(contract: Contract<In, Out>, options?: ProcessorOptions): Processor<In, Out>
  stats(): Stats
}

/** What belongs to one contract on a host. */
export interface ProcessorOptions {
  /** Key of `digest: "hmac-sha-256"`, at least 16 bytes; never part of the lock. */
  readonly digestKey?: Uint8Array
}
