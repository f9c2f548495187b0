// A host as the user holds it: one placement that serves the processors of many contracts.

import {
  checkContract,
  resolveProcessorOptions,
  type AutoThresholds,
  type Contract,
  type EngineReport,
  type Host,
  type PlacementName,
  type Processor,
  type ProcessorOptions,
  type ProcessorSettings,
  type State,
  type Stats,
} from '../model/index.ts'
import { queuedOf } from './counters.ts'
import { PlacedProcessor, type HostParts } from './processor.ts'

export class PlacedHost implements Host {
  readonly placement: PlacementName
  readonly thresholds: AutoThresholds | undefined
  readonly #parts: HostParts

  constructor(parts: HostParts) {
    this.placement = parts.placement.name
    this.thresholds = parts.placement.thresholds
    this.#parts = parts
  }

  get engine(): EngineReport {
    return this.#parts.placement.engine
  }

  get state(): State {
    return this.#parts.lifecycle.state
  }

  processor<In, Out, C extends boolean = false>(
    contract: Contract<In, Out>,
    options: ProcessorOptions<C> = {},
  ): Processor<In, Out, C> {
    checkContract(contract)
    return this.open(contract, resolveProcessorOptions(options), false)
  }

  /** @internal `isOnly`: the host serves no other processor, and is closed with this one. */
  open<In, Out, C extends boolean>(
    contract: Contract<In, Out>,
    { digestKey, canonical }: ProcessorSettings,
    isOnly: boolean,
  ): Processor<In, Out, C> {
    const { lifecycle, placement } = this.#parts
    if (lifecycle.state !== 'ready') throw lifecycle.refusal()
    const contractIndex = placement.add(contract, digestKey)
    return new PlacedProcessor<In, Out, C>(this.#parts, contract, { contractIndex, canonical, isOnly })
  }

  stats(): Stats {
    const { counters, activeCalls, cache } = this.#parts
    return counters.snapshot(queuedOf(activeCalls ?? []), cache, this.thresholds !== undefined)
  }

  close(): Promise<void> {
    return this.#parts.lifecycle.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#parts.lifecycle.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
