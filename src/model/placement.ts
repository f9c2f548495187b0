// What a placement is to the composition root: it knows contracts by number and runs calls. Policies are layers, not
// here.

import type { Run } from './call.ts'
import type { Contract } from './contract.ts'
import type { AutoThresholds, EngineReport, PlacementName } from './processor.ts'

export interface Placement {
  readonly name: PlacementName
  readonly engine: EngineReport
  /** Of one that chooses. */
  readonly thresholds?: AutoThresholds | undefined
  /**
   * Makes a contract known and gives its number; the same contract with the same key gives the same number. Throws
   * `codec.unavailable`, `options.invalid` (a missing or short key) or `contract.*`.
   */
  add(contract: Contract, digestKey: Uint8Array | undefined): number
  /** Calls in flight that keep it busy: what a stream holds when its caller does not say. Changes with the payloads. */
  readonly busyDepth: number
  /** Runs the call or queues it. */
  readonly run: Run
  /** Gives everything up. No call is waiting for an answer any more. */
  stop(): Promise<void>
}
