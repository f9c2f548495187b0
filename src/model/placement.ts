// What a placement is to the composition root: it numbers contracts and runs calls. Policies are layers, not here.

import type { ReadValue, Run } from './call.ts'
import type { Contract } from './contract.ts'
import type { WorkerRestarts } from './worker-restarts.ts'
import type { EngineReport, PlacedName } from './engine-report.ts'
import type { AutoThresholds } from './processor.ts'

/** A contract with the key of its digest `hmac-sha-256`. */
export interface KeyedContract {
  readonly contract: Contract
  readonly digestKey: Uint8Array | undefined
}

export interface Placement {
  readonly name: PlacedName
  readonly engine: EngineReport
  /** Of placement `auto`. */
  readonly thresholds?: AutoThresholds | undefined
  /**
   * Compiles a contract and returns its number; the same contract with the same key has the same number. Throws
   * `codec.unavailable`, `options.invalid` (a missing or short key) or `contract.*`.
   */
  add(contract: Contract, digestKey: Uint8Array | undefined): number
  /** Calls in flight that keep it busy: the default concurrency of a stream. Changes with the payloads. */
  readonly busyDepth: number
  /** Of placements with workers. */
  readonly restarts?: WorkerRestarts | undefined
  /** Runs the call or queues it. */
  readonly run: Run
  /** For canonical bytes of another process: makes a reader that throws `unavailable` where `read` throws. */
  readonly guardReader?: (read: ReadValue) => ReadValue
  /** Releases everything. Called when no call is in flight. */
  stop(): Promise<void>
}
