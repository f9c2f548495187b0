// Where requests run: on this thread, or in worker threads. Each has the queue in front of its engine.

import { encodeFault, toFault, type Call, type EngineReport, type Holder, type WorkerRestarts } from '../model/index.ts'
import { checkHeap, type CompiledContract, type Engine } from '../engine/index.ts'
import type { PoolPlacement } from '../placements/index.ts'
import type { QueueState } from '../policies/index.ts'
import { LinkedList } from '../util/linked-list.ts'
import { MovingAverage } from '../util/moving-average.ts'
import type { CompileContract } from './contracts.ts'
import { typicalBytes, type ServerRequest } from './request.ts'

export interface Executor {
  readonly engine: EngineReport
  readonly workers: number
  /** Of worker threads. */
  readonly restarts?: WorkerRestarts
  /** `run` copies the payload: its memory may be reused afterwards. */
  readonly copiesPayload: boolean
  readonly queue: QueueState & { readonly queuedCalls: Iterable<Call> }
  readonly compile: CompileContract
  /** Queues the request, and completes it later. */
  run(request: ServerRequest): void
  /** Called after the last request. */
  stop(): Promise<void>
}

/** After so much work, reads, cancellations and timers get a turn of the event loop. */
const sliceMs = 1
const sliceRequests = 64
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
  readonly engine: EngineReport
  readonly workers = 1
  readonly copiesPayload = false
  readonly queue: this = this
  readonly freeSlots = 0
  readonly capacity = 1
  /** Not counted: the request queue bounds all bodies together. */
  readonly queuedBytes = 0
  onSpace: () => void = () => {}
  readonly queuedCalls: LinkedList<ServerRequest> = new LinkedList()
  readonly #engine: Engine
  readonly #meanUs = new MovingAverage(initialUs, newestWeight, maxRatio)
  #isScheduled = false

  constructor(engine: Engine) {
    this.#engine = engine
    this.engine = engine.report
  }

  get queued(): number {
    return this.queuedCalls.size
  }

  get drainMs(): number {
    return (this.queuedCalls.size * this.#meanUs.value) / 1000
  }

  readonly compile: CompileContract = ({ contract, digestKey }) => {
    checkHeap(contract, this.engine)
    return { compiled: this.#engine.compile(contract, { digestKey }), contractIndex: 0 }
  }

  run(request: ServerRequest): void {
    request.phase = 'queued'
    request.holder = this
    this.queuedCalls.push(request)
    this.#schedule()
  }

  release(request: ServerRequest): void {
    if (request.phase === 'queued') this.queuedCalls.remove(request)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  /** After the reads of this turn of the event loop. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#slice)
  }

  readonly #slice = (): void => {
    this.#isScheduled = false
    let now = performance.now()
    const end = now + sliceMs
    for (let requests = 0; requests < sliceRequests && now < end; requests++) {
      const request = this.queuedCalls.first
      if (request === undefined) return
      const startedAt = now
      // A request that fails here leaves the queue by itself.
      const isRun = request.begin(now, 0)
      if (isRun) {
        this.queuedCalls.remove(request)
        process(request)
      }
      now = performance.now()
      if (isRun) this.#meanUs.add((now - startedAt) * 1000)
    }
    if (this.queuedCalls.size > 0) this.#schedule()
  }
}

function process(request: ServerRequest): void {
  const { canonical, contract, inBytes } = request
  const payload = request.payload as Uint8Array
  const compiled = contract.compiled as CompiledContract
  request.complete(inBytes * (canonical ? 2 : 1) + typicalBytes, (bytes, at) => {
    try {
      return compiled.processInto(payload, canonical, bytes, at)
    } catch (error) {
      return encodeFault(toFault(error), bytes, at)
    }
  })
}

/**
 * The engine in worker threads: requests wait in the pool's own queue, and outcomes are copied from a worker's memory to
 * the connection's without decoding.
 */
export const poolExecutor = (pool: PoolPlacement, workers: number): Executor => ({
  workers,
  copiesPayload: true,
  queue: pool,
  get engine() {
    return pool.engine
  },
  get restarts() {
    return pool.restarts
  },
  compile: ({ contract, digestKey }) => ({ compiled: undefined, contractIndex: pool.add(contract, digestKey) }),
  run: pool.run,
  stop: () => pool.stop(),
})
