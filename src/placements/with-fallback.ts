// A placement whose calls may be answered by another one: both know the same contracts under the same numbers.

import type {
  Contract,
  EngineReport,
  KeyedContract,
  Placement,
  ReadValue,
  Run,
  WorkerRestarts,
} from '../model/index.ts'
import type { AutoThresholds, PlacementName } from '../model/index.ts'

export class PlacementWithFallback implements Placement {
  readonly name: PlacementName
  readonly thresholds: AutoThresholds | undefined
  readonly guardReader?: (read: ReadValue) => ReadValue
  readonly run: Run
  readonly #main: Placement
  readonly #fallback: Placement

  /** `first`: what `main` knows already. Owns both placements. */
  constructor(main: Placement, fallback: Placement, first: readonly KeyedContract[]) {
    this.name = main.name
    this.thresholds = main.thresholds
    this.run = main.run
    if (main.guardReader !== undefined) this.guardReader = main.guardReader
    this.#main = main
    this.#fallback = fallback
    for (const { contract, digestKey } of first) fallback.add(contract, digestKey)
  }

  get engine(): EngineReport {
    return this.#main.engine
  }

  get busyDepth(): number {
    return this.#main.busyDepth
  }

  get restarts(): WorkerRestarts | undefined {
    return this.#main.restarts
  }

  /** The fallback first: what it refuses, the other one does not get, so that the numbers stay equal. */
  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    this.#fallback.add(contract, digestKey)
    return this.#main.add(contract, digestKey)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#main.stop(), this.#fallback.stop()])
  }
}
