// A host as the user holds it: one placement that serves the processors of many contracts.

import {
  checkContract,
  resolveProcessorOptions,
  type AutoThresholds,
  type Contract,
  type CountedHost,
  type EngineReport,
  type Host,
  type PlacedName,
  type Processor,
  type ProcessorOptions,
  type ProcessorSettings,
  type State,
  type Stats,
} from '../model/index.ts'
import { appCheckOf, warnOfAppOnly } from './app-check.ts'
import { Counters, queuedOf } from './counters.ts'
import { PlacedProcessor, type HostParts } from './processor.ts'

export class PlacedHost implements Host, CountedHost {
  readonly placement: PlacedName
  readonly thresholds: AutoThresholds | undefined
  readonly #parts: HostParts
  readonly #byContract = new Map<string, Counters>()

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

  processor<In, Out, C extends boolean = false, A extends boolean = false>(
    contract: Contract<In, Out>,
    options: ProcessorOptions<C, A> = {},
  ): Processor<In, Out, C, A> {
    checkContract(contract)
    return this.open(contract, resolveProcessorOptions(options), false)
  }

  /** @internal `isOnly`: the host serves no other processor, and is closed with this one. */
  open<In, Out, C extends boolean, A extends boolean>(
    contract: Contract<In, Out>,
    { digestKey, canonical, runInApp }: ProcessorSettings,
    isOnly: boolean,
  ): Processor<In, Out, C, A> {
    const { lifecycle, placement } = this.#parts
    if (lifecycle.state !== 'ready') throw lifecycle.refusal()
    const appCheck = runInApp ? appCheckOf(contract, this.#parts.documentReader(contract)) : undefined
    const contractIndex = placement.add(contract, digestKey)
    if (!runInApp) warnOfAppOnly(contract)
    return new PlacedProcessor<In, Out, C, A>(this.#parts, contract, {
      contractIndex,
      digestKey,
      canonical,
      appCheck,
      isOnly,
      contractCounters: isOnly ? undefined : this.#countersOf(contract.name),
    })
  }

  stats(): Stats {
    const { counters, activeCalls, cache, placement, policyStats } = this.#parts
    return counters.snapshot(queuedOf(activeCalls), cache, placement, policyStats())
  }

  /** @internal */
  get policyOwner(): object {
    return this.#parts
  }

  /** @internal */
  get sharesPolicies(): boolean {
    return true
  }

  /** @internal */
  *contractStats(): Generator<readonly [contract: string, stats: Stats], void> {
    const { activeCalls, cache, placement } = this.#parts
    const calls = [...activeCalls]
    for (const [name, counters] of this.#byContract) {
      const own = calls.filter(({ route }) => route.contract.name === name)
      yield [name, counters.snapshot(queuedOf(own), cache, placement, {})]
    }
  }

  #countersOf(contract: string): Counters {
    let counters = this.#byContract.get(contract)
    if (counters === undefined) this.#byContract.set(contract, (counters = new Counters()))
    return counters
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
