// The caller side of the pool: accepted payloads wait in a queue and are sent in batches when a worker can take one.
// Admission and deadlines are policies; starting workers is worker-group.ts, and replacing them supervisor.ts.

import {
  heapFault,
  jsHeapMb,
  longestMs,
  requireHeap,
  SidelaneError,
  toFault,
  type Call,
  type Contract,
  type LoadedEngineReport,
  type HostSettings,
  type KeyedContract,
  type Placement,
  type WorkerRestarts,
} from '../../model/index.ts'
import { boundedBytes, type Engine } from '../../engine/index.ts'
import type { Block } from '../../util/bump-arena.ts'
import { CopyPool } from '../../util/copy-pool.ts'
import { ContractTable } from '../contract-table.ts'
import { BatchBuffers, moved, words, type BatchAnswer, type BatchTask, type ContractRecord } from './batch-layout.ts'
import { CostModel, WaitEstimator, type ExpectedTask } from './cost-model.ts'
import { Queue, QueuedCall, type SharedBytes } from './queue.ts'
import { Supervisor } from './supervisor.ts'
import { Watchdog, type WatchedBatch } from './watchdog.ts'
import { tasksPerWorker, type WorkerGroup } from './worker-group.ts'
import { lockText } from '../../contract/index.ts'

interface Batch extends WatchedBatch, ExpectedTask {
  readonly task: BatchTask
}

/** When the calls of the present turn are gathered and can be sent. */
export type Schedule = (send: () => void) => void

export class PoolPlacement implements Placement {
  readonly name = 'pool'
  readonly #engine: Engine
  readonly #threads: number
  /** Batches that the workers can hold. */
  readonly #slots: number
  readonly #contracts: ContractTable<ContractRecord>
  readonly #supervisor: Supervisor
  readonly #schedule: Schedule
  readonly #queue = new Queue(() => this.onSpace())
  readonly #buffers: BatchBuffers
  readonly #bodies = new CopyPool()
  readonly #costs = new CostModel()
  readonly #waits: WaitEstimator
  /** The batches that workers have. */
  readonly #batches = new Set<Batch>()
  readonly #watchdog = new Watchdog(this.#batches, ({ call, length }) => ({
    expectedMs: this.expectedUs(length) / 1000,
    longestMs: longestMs(call.route.contract.profile, length),
  }))
  #isScheduled = false

  /**
   * Starts the workers and waits until they run: at most 10 s. The engine is loaded on this thread already: an addon that
   * only workers load can crash the process when the last of them ends (napi-rs#3443). `schedule`: by default after this
   * tick with its microtasks.
   */
  static async start(
    settings: HostSettings,
    engine: Engine,
    first: readonly KeyedContract[],
    schedule: Schedule = (send) => process.nextTick(send),
  ): Promise<PoolPlacement> {
    const contracts = new ContractTable<ContractRecord>({ withTables: true })
    for (const { contract, digestKey } of first) addWorkerContract(contracts, engine, contract, digestKey)
    let pool: PoolPlacement | undefined
    const supervisor = await Supervisor.start({
      onReplaced: () => {
        if (pool !== undefined) pool.#sendQueued()
      },
      threads: settings.threads,
      workerUrl: settings.workerUrl,
      engine: engine.report,
      fallsBack: settings.engine === 'auto',
      setup: { engine: engine.report.kind, jsCompressor: settings.jsCompressor, contracts: contracts.entries },
    })
    pool = new PoolPlacement(settings.threads, engine, contracts, supervisor, schedule)
    try {
      for (const { contract } of first) pool.#checkHeap(contract)
    } catch (error) {
      await pool.stop()
      throw error
    }
    return pool
  }

  private constructor(
    threads: number,
    engine: Engine,
    contracts: ContractTable<ContractRecord>,
    supervisor: Supervisor,
    schedule: Schedule,
  ) {
    this.#engine = engine
    this.#threads = threads
    this.#slots = threads * tasksPerWorker
    this.#contracts = contracts
    this.#supervisor = supervisor
    this.#schedule = schedule
    this.#waits = new WaitEstimator(threads)
    this.#buffers = new BatchBuffers(this.#slots + 1)
  }

  get engine(): LoadedEngineReport {
    return this.#supervisor.engine
  }

  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    this.#checkHeap(contract)
    const number = addWorkerContract(this.#contracts, this.#engine, contract, digestKey)
    this.#supervisor.fit()
    return number
  }

  /** Throws `engine.unavailable` for a contract whose payloads could exceed the heap of every worker. */
  #checkHeap({ profile }: Contract): void {
    requireHeap(profile, this.#supervisor.mostHeapMb)
  }

  /** Workers that were ended and replaced. */
  get restarts(): WorkerRestarts {
    return { ...this.#supervisor.restarts.counts }
  }

  get queued(): number {
    return this.#queue.size
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** The calls that wait or run. */
  readonly pendingCalls: Iterable<Call> = { [Symbol.iterator]: () => this.#pendingCalls() }

  /** Payloads that free slots take right now. */
  get freeSlots(): number {
    return (this.#slots - this.#batches.size) * this.#costs.perTask
  }

  /** Payloads that all slots take. */
  get capacity(): number {
    return this.#slots * this.#costs.perTask
  }

  /** All slots are in use and as many payloads wait. */
  get busyDepth(): number {
    return 2 * this.capacity
  }

  /** True while no worker can run a payload. */
  get isDown(): boolean {
    return !this.#supervisor.group.isAlive
  }

  /** Estimate of the time that a worker needs for a payload of this size. */
  expectedUs(bytes: number): number {
    return this.#costs.expectedUs(1, bytes)
  }

  /** Estimate of how long a payload that comes now waits for a worker. */
  waitUsAt(now: number): number {
    return this.#waits.waitUsAt(now) + this.drainMs * 1000
  }

  get drainMs(): number {
    return this.#costs.expectedUs(this.#queue.size, this.#queue.bytes) / this.#threads / 1000
  }

  /** Called for a call that no worker can run: true when it was run elsewhere. `copy` returns its payload. */
  takeOver: (call: Call, copy: () => Uint8Array) => boolean = () => false

  /** The contract of a call. A pool of one contract replaces it: its calls may have their numbers from another placement. */
  contractIndexOf: (call: Call) => number = ({ route }) => route.contractIndex

  /** Payloads that run longer than `ms` are ended, and their calls passed on; those that are skipped without a try. */
  slice:
    | {
        readonly ms: number
        readonly skips: (call: Call, now: number) => boolean
        readonly move: (call: Call) => void
      }
    | undefined

  /** Called when the queue may have space that was not there before. */
  onSpace: () => void = () => {}

  readonly run = (call: Call): void => {
    // The engine would reject too many bytes too, after the largest copy of all.
    const bytes = call.readPayload(boundedBytes)
    if (bytes === undefined) return
    try {
      const queued = new QueuedCall(call, bytes, this.#queue)
      call.payload = undefined
      call.copiedBytes = bytes.length
      call.holder = queued
      this.#queue.push(queued)
    } catch (error) {
      return call.fail(toFault(error))
    }
    if (this.#isScheduled || this.#batches.size >= this.#slots) return
    this.#isScheduled = true
    this.#schedule(this.#flush)
  }

  stop(): Promise<void> {
    return this.#supervisor.destroy()
  }

  *#pendingCalls(): Generator<Call, void> {
    for (const { call } of this.#queue) yield call
    for (const { calls } of this.#batches) for (const { call } of calls) if (!call.settled) yield call
  }

  readonly #flush = (): void => {
    this.#isScheduled = false
    this.#sendQueued()
  }

  /** Sends what free slots can take. */
  #sendQueued(): void {
    while (this.#queue.first !== undefined && this.#batches.size < this.#slots) {
      const { group } = this.#supervisor
      if (!group.isAlive) return this.#failQueue()
      if (!this.#fits(this.#queue.first, group)) {
        if (!group.hasFixedHeap) return
        const { call } = this.#queue.first
        call.fail(heapFault(call.route.contract.profile, group.heapMb))
        continue
      }
      const free = this.#slots - this.#batches.size
      const tasks = this.#costs.tasksFor(this.#queue.size, this.#queue.bytes, free)
      const calls = this.#take(Math.min(this.#costs.perTask, Math.ceil(this.#queue.size / tasks)), group)
      if (calls.length > 0) this.#dispatch(calls, group)
    }
  }

  /** The next payloads, without those that cannot be in time. */
  #take(most: number, group: WorkerGroup): QueuedCall[] {
    const calls: QueuedCall[] = []
    const now = performance.now()
    let bytes = 0
    for (let queued = this.#queue.first; queued !== undefined && calls.length < most; queued = this.#queue.first) {
      const { call, length } = queued
      if (calls.length > 0 && (this.#costs.isFull(calls.length + 1, bytes + length) || !this.#fits(queued, group)))
        break
      if (this.slice?.skips(call, now) === true) {
        this.#queue.remove(queued)
        this.#moveOn(queued)
        continue
      }
      // A call that fails here leaves the queue by itself.
      if (!call.begin(now, this.#costs.leastMs(length))) continue
      this.#queue.remove(queued)
      bytes += length
      calls.push(queued)
    }
    return calls
  }

  /** False: the workers of its contract are starting, and these have too little heap for the contract's payloads. */
  #fits({ call }: QueuedCall, group: WorkerGroup): boolean {
    if (this.engine.kind === 'native') return true
    return (this.#contracts.entries[this.contractIndexOf(call)] as ContractRecord).heapMb <= group.heapMb
  }

  #dispatch(calls: readonly QueuedCall[], group: WorkerGroup): void {
    try {
      void this.#send(this.#pack(calls, group))
    } catch (error) {
      // No memory for a buffer.
      for (const queued of calls) {
        queued.releasePayload()
        queued.call.fail(toFault(error))
      }
    }
  }

  #pack(calls: readonly QueuedCall[], group: WorkerGroup): Batch {
    let bytes = 0
    let outcomeBytes = 0
    for (const { call, length } of calls) {
      bytes += length
      outcomeBytes += call.canonical ? 2 * length : length
    }
    const buffer = this.#buffers.take(calls.length, outcomeBytes)
    const blocks: Block<SharedBytes>[] = []
    for (let item = 0; item < calls.length; item++) {
      const queued = calls[item] as QueuedCall
      const { call, block, offset, length } = queued
      let chunk = blocks.indexOf(block)
      if (chunk < 0) chunk = blocks.push(block) - 1
      buffer.write(item, this.contractIndexOf(call), call.canonical, chunk, offset, length, call.expiresAt)
      queued.batch = buffer
      queued.item = item
    }
    const task = {
      count: calls.length,
      buffer: buffer.shared,
      chunks: blocks.map((block) => block.bytes.buffer),
      ...(this.slice !== undefined && { sliceMs: this.slice.ms }),
    }
    return { calls, buffer, group, expectedUs: this.#costs.expectedUs(calls.length, bytes), task }
  }

  async #send(batch: Batch): Promise<void> {
    const { group, task } = batch
    this.#batches.add(batch)
    this.#waits.sent(batch, performance.now())
    if (!this.#watchdog.isRunning) this.#watchdog.start()
    let answer: BatchAnswer
    try {
      answer = await group.run(task)
      // All contracts, not only the missing ones: another worker may get the second task.
      if (answer.missing === true) answer = await group.run({ ...task, contracts: this.#contractsOf(batch) })
    } catch (error) {
      this.#ended(batch)
      this.#recover(batch, error)
      this.#sendQueued()
      this.onSpace()
      return
    }
    this.#ended(batch)
    // The worker gets its next batch before the calls are settled.
    this.#sendQueued()
    this.#settle(batch, answer)
    this.#buffers.recycle(batch.buffer)
    this.onSpace()
  }

  #ended(batch: Batch): void {
    this.#batches.delete(batch)
    this.#waits.ended(batch, performance.now())
  }

  #contractsOf({ calls }: Batch): ContractRecord[] {
    const numbers = new Set(calls.map(({ call }) => this.contractIndexOf(call)))
    return [...numbers].map((number) => this.#contracts.entries[number] as ContractRecord)
  }

  #settle({ calls, buffer }: Batch, { us, overflow }: BatchAnswer): void {
    let bytes = 0
    for (let item = 0; item < calls.length; item++) {
      const queued = calls[item] as QueuedCall
      const { call } = queued
      bytes += queued.length
      const at = buffer.get(item, words.outcome)
      if (at === moved) {
        this.#moveOn(queued)
        continue
      }
      queued.releasePayload()
      const outcome = at === 0 ? overflow?.get(item) : buffer.bytes
      call.runUs = buffer.get(item, words.runUs)
      if (outcome !== undefined) call.settleBytes(outcome, at, this.#bodies.copy)
      else call.fail(new SidelaneError('internal.panic', { message: 'The worker skipped a payload.' }))
    }
    this.#costs.add(us, calls.length, bytes)
  }

  /**
   * A worker died with the batch. Its outcomes are used; payloads that it had not started run elsewhere or again, and the
   * payload that it processed gets a second try. The buffer is left to the garbage collector.
   */
  #recover({ calls, buffer }: Batch, cause: unknown): void {
    for (let item = calls.length - 1; item >= 0; item--) {
      const queued = calls[item] as QueuedCall
      const { call } = queued
      queued.batch = undefined
      const at = buffer.get(item, words.outcome)
      if (at === moved) {
        this.#moveOn(queued)
        continue
      }
      if (at === 0 && !call.settled) {
        const wasRunning = buffer.thread(item) !== 0
        queued.isSuspect ||= wasRunning
        queued.strikes += wasRunning ? maxStrikes / 2 : 1
        if (this.#handOver(queued)) continue
        if (queued.strikes < maxStrikes) {
          this.#queue.unshift(queued)
          continue
        }
      }
      queued.releasePayload()
      if (at !== 0) {
        call.runUs = buffer.get(item, words.runUs)
        call.settleBytes(buffer.bytes, at, this.#bodies.copy)
      } else
        call.fail(new SidelaneError('internal.panic', { message: 'The workers that had this payload died.', cause }))
    }
  }

  #moveOn(queued: QueuedCall): void {
    const { call } = queued
    const payload = call.settled ? undefined : queued.copy()
    queued.releasePayload()
    if (payload === undefined) return
    call.payload = payload
    call.holder = undefined
    this.slice?.move(call)
  }

  #failQueue(): void {
    const cause = this.#supervisor.reason
    for (let queued = this.#queue.shift(); queued !== undefined; queued = this.#queue.shift()) {
      if (this.#handOver(queued)) continue
      queued.releasePayload()
      queued.call.fail(new SidelaneError('unavailable', { message: 'The pool has no workers.', cause }))
    }
    this.onSpace()
  }

  /**
   * True: a call that is in no queue and no batch runs elsewhere, or has ended there. Not with a payload that a worker died
   * of: it could crash this thread too.
   */
  #handOver(queued: QueuedCall): boolean {
    if (queued.isSuspect || !this.takeOver(queued.call, () => queued.copy())) return false
    queued.releasePayload()
    return true
  }
}

/**
 * A payload fails after the second death of a worker that processed it. Deaths beside it count less, but they count, so that
 * workers that always die do not retry it forever.
 */
const maxStrikes = 16

/** Compiles on this thread first, so that a contract that a worker cannot run throws here. */
const addWorkerContract = (
  table: ContractTable<ContractRecord>,
  engine: Engine,
  contract: Contract,
  given: Uint8Array | undefined,
): number =>
  table.add(contract, given, (number, digestKey) => {
    engine.compile(contract, { digestKey }).dispose()
    const { dictionary, lock, profile } = contract
    return { number, lock: lockText(lock), digestKey, dictionary, heapMb: jsHeapMb(profile) }
  })
