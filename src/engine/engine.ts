// What an engine is: synchronous and pure, bytes in, outcome out. js/ and native/ implement it.

import type { Contract, EngineReport, Outcome, ProcessorOptions } from '../model/index.ts'

/** One contract, compiled by one engine, on one thread. */
export interface CompiledContract {
  /** The outcome of one payload. `canonical` adds the canonical bytes (outcome.canonical). */
  process(payload: Uint8Array, canonical: boolean): Outcome
  /**
   * The same outcome in wire form (model/outcome-bytes.ts), written to `target` at `offset`.
   * Returns the bytes written, or the negated size that would have been needed.
   */
  processInto(payload: Uint8Array, canonical: boolean, target: Uint8Array, offset: number): number
  /** Gives up what the engine holds for the contract. */
  dispose(): void
}

export interface Engine {
  readonly report: EngineReport
  /** Throws `codec.unavailable`, `options.invalid` (a missing or short HMAC key) or `contract.*`. */
  compile(contract: Contract, options?: ProcessorOptions): CompiledContract
}
