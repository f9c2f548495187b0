// Host and processor as the user holds them: they turn `process` into a call and send it through the layers. Which
// layers, in which order, over which placement: create.ts.

import {
  Call,
  checkCallOptions,
  checkContract,
  checkStreamOptions,
  resolveProcessorOptions,
  toFault,
  type AutoThresholds,
  type CacheStats,
  type Contract,
  type EngineReport,
  type Host,
  type Outcome,
  type Placement,
  type PlacementName,
  type Processor,
  type ProcessOptions,
  type ProcessorOptions,
  type ProcessorSettings,
  type ProcessOutcome,
  type Route,
  type Run,
  type State,
  type Stats,
  type StreamItem,
  type StreamOptions,
  type StreamSource,
} from '../model/index.ts'
import { Life } from './lifecycle.ts'
import { Counters } from './counters.ts'
import { waitingOf, type Roll } from './active-calls.ts'
import { openerOf, OrderedStream } from './ordered-stream.ts'

/** What the composition root gives. */
export interface HostParts {
  readonly placement: Placement
  readonly counters: Counters
  readonly roll: Roll
  readonly life: Life
  /** Its gauges, where there is one. */
  readonly cache: Pick<CacheStats, 'entries' | 'bytes'> | undefined
  /** The way through all layers for the calls of one processor. */
  readonly line: (own: { readonly counters: Counters; readonly life: Life }) => Run
}

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
    return this.#parts.life.state
  }

  processor<In, Out, C extends boolean = false>(
    contract: Contract<In, Out>,
    options: ProcessorOptions<C> = {},
  ): Processor<In, Out, C> {
    checkContract(contract)
    return this.open(contract, resolveProcessorOptions(options))
  }

  /** @internal `stop` runs when the processor has been closed. */
  open<In, Out, C extends boolean>(
    contract: Contract<In, Out>,
    { digestKey, canonical }: ProcessorSettings,
    stop?: () => Promise<void>,
  ): Processor<In, Out, C> {
    if (this.state !== 'ready') throw this.#parts.life.refusal()
    const contractIndex = this.#parts.placement.add(contract, digestKey)
    return new PlacedProcessor<In, Out, C>(this.#parts, contract, { contractIndex, canonical, stop })
  }

  stats(): Stats {
    return this.#parts.counters.snapshot(waitingOf(this.#parts.roll), this.#parts.cache, this.thresholds !== undefined)
  }

  close(): Promise<void> {
    return this.#parts.life.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#parts.life.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

interface OwnParts {
  readonly contractIndex: number
  readonly canonical: boolean
  readonly stop: (() => Promise<void>) | undefined
}

class PlacedProcessor<In, Out, C extends boolean> implements Processor<In, Out, C> {
  readonly contract: Contract<In, Out>
  readonly placement: PlacementName
  readonly thresholds: AutoThresholds | undefined
  readonly #canonical: boolean
  readonly #counters = new Counters()
  readonly #parts: HostParts
  readonly #life: Life
  readonly #route: Route
  readonly #run: Run

  constructor(parts: HostParts, contract: Contract<In, Out>, { contractIndex, canonical, stop }: OwnParts) {
    this.contract = contract
    this.placement = parts.placement.name
    this.thresholds = parts.placement.thresholds
    this.#canonical = canonical
    this.#parts = parts
    this.#life = new Life({
      what: 'processor',
      calls: { [Symbol.iterator]: () => this.#calls() },
      idle: () => this.#counters.idle(),
      ...(stop !== undefined && { stop }),
    })
    this.#route = {
      contract,
      contractIndex,
      holders: [this.#counters, parts.counters, parts.roll],
    }
    this.#run = parts.line({ counters: this.#counters, life: this.#life })
  }

  /** Its host's, until it is closed itself. */
  get state(): State {
    return this.#life.state === 'ready' ? this.#parts.life.state : this.#life.state
  }

  get engine(): EngineReport {
    return this.#parts.placement.engine
  }

  process<K extends boolean = C>(
    payload: Uint8Array | string | In,
    options?: ProcessOptions<K>,
  ): Promise<ProcessOutcome<Out, K>> {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      // A throw in here rejects.
      if (options !== undefined) checkCallOptions(options)
      const canonical = options?.canonical ?? this.#canonical
      const call = new Call(this.#route, payload, canonical, options?.deadlineMs, options?.signal, resolve, reject)
      call.traceparent = options?.traceparent
      try {
        this.#run(call)
      } catch (error) {
        // Out of the caller's own things, such as a signal that is none: the call must not be counted for ever.
        call.fail(toFault(error))
      }
    })
    return outcome as Promise<ProcessOutcome<Out, K>>
  }

  stream<K extends boolean = C>(
    source: StreamSource<In>,
    options: StreamOptions<K> = {},
  ): AsyncIterableIterator<StreamItem<Out, K>, undefined, undefined> {
    checkStreamOptions(options)
    const { concurrency, signal, canonical = this.#canonical, deadlineMs = noDeadline } = options
    const { placement, life } = this.#parts
    const stream = new OrderedStream(openerOf(source), {
      concurrency: concurrency === undefined ? () => placement.busyDepth : () => concurrency,
      signal,
      refusal: () => [this.#life, life].find(({ state }) => state !== 'ready')?.refusal(),
      start: (payload, resolve, reject) => {
        const call = new Call(this.#route, payload, canonical, deadlineMs, undefined, resolve, reject, true)
        return { call, run: () => this.#run(call) }
      },
      onLeave: (listener) => {
        const unfollow = [this.#life.onLeave(listener), life.onLeave(listener)]
        return () => unfollow.forEach((stop) => stop())
      },
    })
    return stream as AsyncIterableIterator<StreamItem<Out, K>, undefined, undefined>
  }

  stats(): Stats {
    return this.#counters.snapshot(waitingOf(this.#calls()), this.#parts.cache, this.thresholds !== undefined)
  }

  close(): Promise<void> {
    return this.#life.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#life.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Its own calls on the host's roll. */
  *#calls(): Generator<Call, void> {
    for (const call of this.#parts.roll) if (call.route === this.#route) yield call
  }
}

/** The layer takes it like any other limit. */
const noDeadline = Number.POSITIVE_INFINITY
