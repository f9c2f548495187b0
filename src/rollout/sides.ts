// Both sides of a rollout as one placement.

import type { AutoThresholds, EngineReport, Placement, PlacedName, Run } from '../model/index.ts'

export class SidesPlacement implements Placement {
  /** Where the calls move to. */
  readonly name: PlacedName
  readonly thresholds: AutoThresholds | undefined = undefined
  readonly busyDepth: number
  readonly run: Run
  readonly #candidate: Placement
  readonly #stop: () => Promise<void>

  constructor(candidate: Placement, run: Run, stop: () => Promise<void>) {
    this.name = candidate.name
    this.busyDepth = candidate.busyDepth
    this.run = run
    this.#candidate = candidate
    this.#stop = stop
  }

  get engine(): EngineReport {
    return this.#candidate.engine
  }

  /** The sides know the contract already. */
  add(): number {
    return 0
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}
