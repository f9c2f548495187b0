// The engine interface: synchronous and pure, from payload bytes to an outcome. js/ and native/ implement it.

import type { Contract, LoadedEngineReport, Outcome, ProcessorOptions } from '../model/index.ts'
import type { RunLimit } from '../util/step-budget.ts'

export type { RunLimit }

/** One contract, compiled by one engine, on one thread. */
export interface CompiledContract {
  /**
   * The outcome of one payload. `canonical` adds the canonical bytes (outcome.canonical). Throws `deadline.exceeded` when
   * the time of the limit is over.
   */
  process(payload: Uint8Array, canonical: boolean, limit?: RunLimit): Outcome
  /**
   * Writes the same outcome as bytes (model/outcome-bytes.ts) to `target` at `offset`. Returns its size, or the negated
   * size when it does not fit. Throws `deadline.exceeded` when the time of the limit is over.
   */
  processInto(payload: Uint8Array, canonical: boolean, target: Uint8Array, offset: number, limit?: RunLimit): number
  /** Frees the engine's resources of the contract. */
  dispose(): void
}

export interface Engine {
  readonly report: LoadedEngineReport
  /** Throws `codec.unavailable`, `options.invalid` (a missing or short HMAC key) or `contract.*`. */
  compile(contract: Contract, options?: ProcessorOptions): CompiledContract
}
