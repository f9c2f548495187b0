// A processor as the user holds it: turns each payload into a call, counts it and sends it through the policies of its
// host. Which policies these are: create.ts.

import {
  checkCallOptions,
  checkStreamOptions,
  ProcessCall,
  toFault,
  type AppCheck,
  type AutoThresholds,
  type Call,
  type Contract,
  type Counted,
  type DocumentReader,
  type EngineReport,
  type Outcome,
  type Payload,
  type PayloadContent,
  type Placement,
  type PlacedName,
  type Processor,
  type ProcessOptions,
  type ProcessOutcome,
  type ReadContent,
  type Route,
  type Run,
  type SidelaneError,
  type StartOptions,
  type State,
  type Stats,
  type StreamItem,
  type StreamOptions,
  type StreamSource,
  type Via,
} from '../model/index.ts'
import type { LinkedList } from '../util/linked-list.ts'
import { leastBytes } from '../util/payload-size.ts'
import { timesOf } from './call-times.ts'
import { CallTrace, isTraced } from './call-trace.ts'
import { Counters, queuedOf, type CacheGauges, type PolicyStats } from './counters.ts'
import { HostLifecycle } from './lifecycle.ts'
import { openSource, OrderedStream } from './ordered-stream.ts'

/** What the composition root gives to a host. */
export interface HostParts {
  readonly placement: Placement
  readonly counters: Counters
  readonly lifecycle: HostLifecycle
  /** The calls in flight, oldest first. */
  readonly activeCalls: LinkedList<Call>
  /** Calls end before `run` returns, but those with checks of the app, which may be asynchronous: the others are not listed. */
  readonly endsInRun: boolean
  /** See `Route.readValue`. */
  readonly valueReader: (contract: Contract) => Route['readValue']
  /** Reads the document of a payload for the app's schema: before strip, norm, default and coercion. */
  readonly documentReader: (contract: Contract) => DocumentReader
  /** The bytes or text of a payload that stay as they are, or its rejection. */
  readonly takeContent: ReadContent<PayloadContent>
  /** Its gauges. */
  readonly cache: CacheGauges | undefined
  /** The `via` of a call that has none of its own. */
  readonly viaOf: (call: Call) => Via
  /** The default concurrency of a stream. */
  readonly busyDepth: () => number
  /** Of the policies that have some. */
  readonly policyStats: () => PolicyStats
  /** Through all policies to the placement. */
  readonly run: Run
  /** The same for a call with a signal. */
  readonly runWithSignal: Run
}

export interface ProcessorParts {
  readonly contractIndex: number
  readonly digestKey: Uint8Array | undefined
  readonly canonical: boolean
  /** With `runInApp`. */
  readonly appCheck: AppCheck | undefined
  /** The only processor of its host: closing it closes the host, and the host's counters are its own. */
  readonly isOnly: boolean
  /** The host's, of the contracts with this name; undefined with `isOnly`. */
  readonly contractCounters: Counters | undefined
}

export class PlacedProcessor<In, Out, C extends boolean, A extends boolean>
  implements Processor<In, Out, C, A>, Counted
{
  readonly contract: Contract<In, Out>
  readonly placement: PlacedName
  readonly thresholds: AutoThresholds | undefined
  readonly #canonical: boolean
  readonly #parts: HostParts
  readonly #route: Route
  readonly #lifecycle: HostLifecycle
  readonly #counters: Counters
  /** Its host's, where they are not its own. */
  readonly #hostLifecycle: HostLifecycle | undefined
  readonly #hostCounters: Counters | undefined
  readonly #contractCounters: Counters | undefined

  constructor(
    parts: HostParts,
    contract: Contract<In, Out>,
    { contractIndex, digestKey, canonical, appCheck, isOnly, contractCounters }: ProcessorParts,
  ) {
    this.contract = contract
    this.placement = parts.placement.name
    this.thresholds = parts.placement.thresholds
    this.#canonical = canonical
    this.#parts = parts
    const readValue = parts.valueReader(contract)
    this.#route = { contract, contractIndex, digestKey, onEnd: this.#onEnd, viaOf: parts.viaOf, readValue, appCheck }
    if (isOnly) {
      this.#counters = parts.counters
      this.#lifecycle = parts.lifecycle
    } else {
      const counters = new Counters()
      const calls = { [Symbol.iterator]: () => this.#calls() }
      this.#counters = counters
      this.#lifecycle = new HostLifecycle({ what: 'processor', calls, idle: () => counters.idle() })
      this.#hostCounters = parts.counters
      this.#contractCounters = contractCounters
      this.#hostLifecycle = parts.lifecycle
    }
  }

  /** Its host's, until it is closed itself. */
  get state(): State {
    return this.#late?.state ?? 'ready'
  }

  get engine(): EngineReport {
    return this.#parts.placement.engine
  }

  process<K extends boolean = C>(
    payload: Payload<In>,
    options?: ProcessOptions<K>,
  ): Promise<ProcessOutcome<Out, K, A>> {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      // A throw in here rejects.
      if (options !== undefined) checkCallOptions(options)
      const call = new ProcessCall(this.#route, payload, options?.canonical ?? this.#canonical, resolve, reject)
      if (options !== undefined) {
        call.deadlineMs = options.deadlineMs
        call.signal = options.signal
        call.traceparent = options.traceparent
      }
      this.#start(call)
    })
    return outcome as Promise<ProcessOutcome<Out, K, A>>
  }

  stream<K extends boolean = C>(
    source: StreamSource<In>,
    options: StreamOptions<K> = {},
  ): AsyncIterableIterator<StreamItem<Out, K, A>, undefined, undefined> {
    checkStreamOptions(options)
    const { concurrency, signal, canonical = this.#canonical, deadlineMs = noDeadline } = options
    const { busyDepth } = this.#parts
    const stream = new OrderedStream(openSource(source), {
      concurrency: concurrency === undefined ? busyDepth : () => concurrency,
      signal,
      refusal: () => this.#late?.refusal(),
      start: (payload, resolve, reject) => {
        const call = new ProcessCall(this.#route, payload, canonical, resolve, reject)
        call.deadlineMs = deadlineMs
        call.waitsForSpace = true
        return { call, run: () => this.#start(call) }
      },
      onLeave: (listener) => {
        const remove = this.#lifecycle.onLeave(listener)
        const removeFromHost = this.#hostLifecycle?.onLeave(listener)
        return () => {
          remove()
          removeFromHost?.()
        }
      },
    })
    return stream as AsyncIterableIterator<StreamItem<Out, K, A>, undefined, undefined>
  }

  /** @internal For a rollout: without a promise. The options are not checked. */
  startCall(
    payload: unknown,
    { canonical, deadlineMs, traceparent, waitsForSpace }: StartOptions,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
  ): Call {
    const call = new ProcessCall(this.#route, payload, canonical, resolve, reject)
    call.deadlineMs = deadlineMs
    call.waitsForSpace = waitsForSpace
    call.traceparent = traceparent
    // The call of the rollout is the one that is traced.
    this.#count(call)
    this.#run(call)
    return call
  }

  stats(): Stats {
    const { cache, placement, policyStats } = this.#parts
    return this.#counters.snapshot(queuedOf(this.#calls()), cache, placement, policyStats())
  }

  /** @internal */
  get policyOwner(): object {
    return this.#parts
  }

  /** @internal */
  get sharesPolicies(): boolean {
    return this.#hostCounters !== undefined
  }

  close(): Promise<void> {
    return this.#lifecycle.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#lifecycle.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #start(call: ProcessCall): void {
    this.#count(call)
    if (isTraced()) this.#trace(call)
    else this.#run(call)
  }

  #count(call: ProcessCall): void {
    call.startedAt = performance.now()
    call.givenBytes = leastBytes(call.payload)
    this.#counters.started()
    this.#hostCounters?.started()
    this.#contractCounters?.started()
  }

  #trace(call: ProcessCall): void {
    const trace = new CallTrace(call, this)
    call.trace = trace
    trace.run(call, (traced) => this.#run(traced))
  }

  #run(call: ProcessCall): void {
    const late = this.#late
    if (late !== undefined) return call.fail(late.refusal())
    const { activeCalls, endsInRun, run, runWithSignal } = this.#parts
    if (!endsInRun || this.#route.appCheck !== undefined) activeCalls.push(call)
    try {
      if (this.#route.appCheck !== undefined) {
        const content = call.readPayload(this.#parts.takeContent)
        if (content === undefined) return
        call.payload = call.content = content
      }
      if (call.signal === undefined) run(call)
      else runWithSignal(call)
    } catch (error) {
      // From an object of the caller, such as a signal that is none: the call must not be counted forever.
      call.fail(toFault(error))
    }
  }

  readonly #onEnd = (call: ProcessCall, result: Outcome | SidelaneError): void => {
    // Nothing happens when it is not listed.
    this.#parts.activeCalls.remove(call)
    const times = timesOf(call, performance.now())
    this.#counters.ended(call, result, times)
    this.#hostCounters?.ended(call, result, times)
    this.#contractCounters?.ended(call, result, times)
    call.trace?.ended(call, result, call.via ?? this.#parts.viaOf(call), times)
  }

  /** A life cycle that takes no calls. */
  get #late(): HostLifecycle | undefined {
    if (this.#lifecycle.state !== 'ready') return this.#lifecycle
    return this.#hostLifecycle === undefined || this.#hostLifecycle.state === 'ready' ? undefined : this.#hostLifecycle
  }

  /** Its calls among the active ones of the host. */
  *#calls(): Generator<Call, void> {
    for (const call of this.#parts.activeCalls) if (call.route === this.#route) yield call
  }
}

/** The deadline policy takes it like any other limit. */
const noDeadline = Number.POSITIVE_INFINITY
