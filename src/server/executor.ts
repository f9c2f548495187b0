// Where requests run: on this thread, or in worker threads. Each has the queue in front of its engine.

import {
  encodeFault,
  toFault,
  type Call,
  type LoadedEngineReport,
  type Holder,
  type WorkerRestarts,
} from '../model/index.ts'
import { checkHeap, type CompiledContract, type Engine, type RunLimit } from '../engine/index.ts'
import type { PoolPlacement } from '../placements/index.ts'
import type { QueueState } from '../policies/index.ts'
import { LinkedList } from '../util/linked-list.ts'
import { MovingAverage } from '../util/moving-average.ts'
import type { CompileContract, LoadedContract } from './contracts.ts'
import { typicalBytes, type ServerRequest } from './request.ts'
import type { SpareWorkers } from './spare-workers.ts'

export interface Executor {
  readonly engine: LoadedEngineReport
  readonly workers: number
  /** Of worker threads. */
  readonly restarts?: WorkerRestarts
  /** `run` copies the payload: its memory may be reused afterwards. */
  readonly copiesPayload: boolean
  /** `pendingCalls`: those that can pass their deadline. */
  readonly queue: QueueState & { readonly pendingCalls: Iterable<Call> }
  /** Their requests are not in `queue`. */
  readonly spares: SpareWorkers
  readonly compile: CompileContract
  /** Queues the request, and completes it later. */
  run(request: ServerRequest): void
  /** Called after the last request. */
  stop(): Promise<void>
}

/**
 * Longest time of a payload on the thread of the connections, or in a worker that all contracts share. One that takes longer
 * is ended, and starts again on the spare worker of its contract: nothing else waits for a payload longer than this.
 */
const sliceMs = 20
/** After this much work, reads, cancellations and timers get a turn of the event loop. */
const batchMs = 1
const batchRequests = 64
const newestWeight = 1 / 64
/** A request counts for this many times the average at most: a pause of the process must not dominate it. */
const maxRatio = 4
/** Before the first request: the cost of an order of 4 KB on a warm engine. */
const initialUs = 50

/**
 * The engine on this thread, with a queue in front of it: a daemon that processed requests as it reads them would have its
 * queue in the kernel, where deadlines do not pass and requests cannot be cancelled.
 */
export class InlineExecutor implements Executor, QueueState, Holder {
  readonly engine: LoadedEngineReport
  readonly workers = 1
  readonly copiesPayload = false
  readonly queue: this = this
  readonly freeSlots = 0
  readonly capacity = 1
  /** Not counted: the request queue bounds all bodies together. */
  readonly queuedBytes = 0
  onSpace: () => void = () => {}
  readonly pendingCalls: LinkedList<ServerRequest> = new LinkedList()
  readonly spares: SpareWorkers
  readonly #engine: Engine
  readonly #meanUs = new MovingAverage(initialUs, newestWeight, maxRatio)
  #isScheduled = false

  constructor(engine: Engine, spares: SpareWorkers) {
    this.#engine = engine
    this.engine = engine.report
    this.spares = spares
  }

  get queued(): number {
    return this.pendingCalls.size
  }

  get drainMs(): number {
    return (this.pendingCalls.size * this.#meanUs.value) / 1000
  }

  readonly compile: CompileContract = (keyed) => {
    checkHeap(keyed.contract, this.engine)
    const compiled = this.#engine.compile(keyed.contract, { digestKey: keyed.digestKey })
    const { worker, dispose } = this.spares.add(keyed)
    return {
      compiled,
      contractIndex: 0,
      spare: worker,
      dispose: () => {
        compiled.dispose()
        dispose()
      },
    }
  }

  run(request: ServerRequest): void {
    request.phase = 'queued'
    request.holder = this
    this.pendingCalls.push(request)
    this.#schedule()
  }

  release(request: ServerRequest): void {
    if (request.phase === 'queued') this.pendingCalls.remove(request)
  }

  stop(): Promise<void> {
    return this.spares.stop()
  }

  /** After the reads of this turn of the event loop. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#runBatch)
  }

  readonly #runBatch = (): void => {
    this.#isScheduled = false
    let now = performance.now()
    const end = now + batchMs
    for (let requests = 0; requests < batchRequests && now < end; requests++) {
      const request = this.pendingCalls.first
      if (request === undefined) return
      const startedAt = now
      // A request that fails here leaves the queue by itself.
      const isRun = request.begin(now, 0)
      if (isRun) {
        this.pendingCalls.remove(request)
        this.#dispatch(request, now)
      }
      now = performance.now()
      if (isRun) this.#meanUs.add((now - startedAt) * 1000)
    }
    if (this.pendingCalls.size > 0) this.#schedule()
  }

  #dispatch(request: ServerRequest, now: number): void {
    const { spare } = request.contract
    if (!spare.isOffloading(now)) {
      if (process(request, now)) return
      spare.beginOffloading(performance.now())
    }
    this.spares.take(request)
  }
}

/** Thrown out of `complete`: the request has not ended. */
const tooLong = new Error('The payload takes too long for this thread.')

/** Of the payload that runs. */
const limit: { -readonly [K in keyof RunLimit]: RunLimit[K] } = { startedAt: 0, endsAt: 0, looksAhead: true }

/** Completes the request. False: it was ended, because it took too long for this thread. */
function process(request: ServerRequest, now: number): boolean {
  const { canonical, contract, inBytes } = request
  const payload = request.payload as Uint8Array
  const { compiled } = contract as LoadedContract & { readonly compiled: CompiledContract }
  limit.startedAt = now
  limit.endsAt = Math.min(now + sliceMs, request.expiresAt)
  try {
    request.complete(inBytes * (canonical ? 2 : 1) + typicalBytes, (bytes, at) => {
      try {
        return compiled.processInto(payload, canonical, bytes, at, limit)
      } catch (error) {
        const fault = toFault(error)
        if (fault.code === 'deadline.exceeded' && performance.now() < request.expiresAt) throw tooLong
        return encodeFault(fault, bytes, at)
      }
    })
    return true
  } catch (error) {
    if (error === tooLong) return false
    throw error
  }
}

/**
 * The engine in worker threads: requests wait in the pool's own queue, and outcomes are copied from a worker's memory to
 * the connection's without decoding.
 */
export class PoolExecutor implements Executor {
  readonly workers: number
  readonly copiesPayload = true
  readonly queue: PoolPlacement
  readonly spares: SpareWorkers
  readonly #pool: PoolPlacement

  constructor(pool: PoolPlacement, workers: number, spares: SpareWorkers) {
    this.workers = workers
    this.queue = this.#pool = pool
    this.spares = spares
    pool.slice = {
      ms: sliceMs,
      skips: (call, now) => (call as ServerRequest).contract.spare.isOffloading(now),
      move: (call) => {
        const request = call as ServerRequest
        if (request.phase === 'running') request.contract.spare.beginOffloading(performance.now())
        spares.take(request)
      },
    }
  }

  get engine(): LoadedEngineReport {
    return this.#pool.engine
  }

  get restarts(): WorkerRestarts {
    return this.#pool.restarts
  }

  readonly compile: CompileContract = (keyed) => {
    const contractIndex = this.#pool.add(keyed.contract, keyed.digestKey)
    const { worker, dispose } = this.spares.add(keyed)
    return { compiled: undefined, contractIndex, spare: worker, dispose }
  }

  run(request: ServerRequest): void {
    this.#pool.run(request)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pool.stop(), this.spares.stop()])
  }
}
