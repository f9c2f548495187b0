// A placement whose calls may be answered by another one, which knows the same contracts under numbers of its own.

import type {
  Contract,
  EngineReport,
  KeyedContract,
  Placement,
  ReadValue,
  Route,
  Run,
  WorkerRestarts,
} from '../model/index.ts'
import type { AutoThresholds, PlacedName } from '../model/index.ts'

export class PlacementWithFallback implements Placement {
  readonly name: PlacedName
  readonly thresholds: AutoThresholds | undefined
  readonly guardReader?: (read: ReadValue) => ReadValue
  readonly run: Run
  readonly #main: Placement
  readonly #fallback: Placement
  /** Of the fallback, by the number of the main placement. */
  readonly #routes: Route[] = []

  /** `first`: what `main` knows already. Owns both placements. */
  constructor(main: Placement, fallback: Placement, first: readonly KeyedContract[]) {
    this.name = main.name
    this.thresholds = main.thresholds
    this.run = main.run
    if (main.guardReader !== undefined) this.guardReader = main.guardReader
    this.#main = main
    this.#fallback = fallback
    for (const { contract, digestKey } of first) this.add(contract, digestKey)
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

  /** What one of them refuses, neither gets calls for. */
  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    const contractIndex = this.#fallback.add(contract, digestKey)
    const number = this.#main.add(contract, digestKey)
    this.#routes[number] = { contract, contractIndex }
    return number
  }

  /** The route of the same contract to the fallback. */
  readonly routeOf = ({ contractIndex }: Route): Route => this.#routes[contractIndex] as Route

  async stop(): Promise<void> {
    await Promise.all([this.#main.stop(), this.#fallback.stop()])
  }
}
