// A rollout as the user holds it: a processor whose calls go to one of two sides, and the percent that decides.

import type {
  AutoThresholds,
  Contract,
  CountedRollout,
  EngineReport,
  Payload,
  PlacedName,
  Processor,
  ProcessOptions,
  ProcessOutcome,
  State,
  Stats,
  StreamItem,
  StreamOptions,
  StreamSource,
} from '../model/index.ts'
import { check, invalidOptions, percentRule, stringRule } from '../model/index.ts'
import type { RolloutControl } from './control.ts'

/** Options of `set` and `stop` of a rollout. */
export interface RolloutChangeOptions {
  /** For the event, the log line and the file. Its first 200 characters are kept. */
  readonly reason?: string | undefined
}

/** A processor that moves its calls from one path to another. */
export interface Rollout<In = unknown, Out = In, C extends boolean = false> extends Processor<In, Out, C> {
  /** Percent of the calls that the candidate gets, 0 to 100. */
  readonly percent: number
  /** True: the percent does not rise by itself: a guard tripped, or someone stopped it. */
  readonly held: boolean
  /**
   * Sets the percent from now on, and lets it climb again. Resolves when the file has it; rejects when the file cannot be
   * written, and the percent holds for this process. Throws `options.invalid`.
   */
  set(percent: number, options?: RolloutChangeOptions): Promise<void>
  /** Sends all calls to the baseline from now on, and holds. Resolves, rejects and throws as `set`. */
  stop(options?: RolloutChangeOptions): Promise<void>
}

const changeRules = { reason: stringRule }

export class ControlledRollout<In, Out, C extends boolean> implements Rollout<In, Out, C>, CountedRollout {
  readonly contract: Contract<In, Out>
  readonly sides: readonly object[]
  readonly #processor: Processor<In, Out, C>
  readonly #control: RolloutControl

  constructor(processor: Processor<In, Out, C>, control: RolloutControl, sides: readonly object[]) {
    this.sides = sides
    this.contract = processor.contract
    this.#processor = processor
    this.#control = control
  }

  get percent(): number {
    return this.#control.percent
  }

  get held(): boolean {
    return this.#control.held
  }

  get placement(): PlacedName {
    return this.#processor.placement
  }

  get thresholds(): AutoThresholds | undefined {
    return this.#processor.thresholds
  }

  get engine(): EngineReport {
    return this.#processor.engine
  }

  get state(): State {
    return this.#processor.state
  }

  set(percent: number, options: RolloutChangeOptions = {}): Promise<void> {
    if (percentRule.value(percent) === undefined) {
      throw invalidOptions(`Expected the percent to be ${percentRule.expected}`)
    }
    check('set', options, changeRules)
    return this.#control.set(percent, false, options.reason)
  }

  stop(options: RolloutChangeOptions = {}): Promise<void> {
    check('stop', options, changeRules)
    return this.#control.set(0, true, options.reason ?? 'stopped')
  }

  process<K extends boolean = C>(payload: Payload<In>, options?: ProcessOptions<K>): Promise<ProcessOutcome<Out, K>> {
    return this.#processor.process(payload, options)
  }

  stream<K extends boolean = C>(
    source: StreamSource<In>,
    options?: StreamOptions<K>,
  ): AsyncIterableIterator<StreamItem<Out, K>, undefined, undefined> {
    return this.#processor.stream(source, options)
  }

  stats(): Stats {
    return this.#processor.stats()
  }

  close(): Promise<void> {
    return this.#processor.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#processor.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
