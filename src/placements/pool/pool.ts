// The caller side of the pool: accepted payloads wait in a queue of ours, and are sent in batches when a worker can take
// one. Who is accepted (admission), deadlines and counters are layers; Piscina's life is crew.ts.

import {
  deadlineExceeded,
  rejected,
  SidelaneError,
  toFault,
  type Call,
  type Contract,
  type EngineReport,
  type HostSettings,
  type Placement,
} from '../../model/index.ts'
import { payloadBytes, type Engine } from '../../engine/index.ts'
import { ContractTable } from '../contract-table.ts'
import { Arena } from './payload-arena.ts'
import { Backlog, type Piece } from './wait-estimator.ts'
import { type BatchAnswer, type BatchTask, type ContractRecord } from './batch-layout.ts'
import { settleFrom } from './settle.ts'
import { tasksPerWorker, type Crew } from './worker-group.ts'
import { Healer } from './supervisor.ts'
import { Lanes } from './result-buffers.ts'
import { Queue, Ticket } from './queue.ts'
import { addRecord, type FirstContract } from './worker-contracts.ts'
import { Pace } from './cost-model.ts'
import { Watchdog, type Watched } from './watchdog.ts'

interface Batch extends Watched, Piece {
  readonly task: BatchTask
  readonly crew: Crew
}

export class PoolPlacement implements Placement {
  readonly name = 'pool'
  readonly #engine: Engine
  readonly #threads: number
  readonly #contracts: ContractTable<ContractRecord>
  readonly #healer: Healer
  readonly #queue = new Queue(new Arena(), () => this.onRoom())
  readonly #lanes: Lanes
  readonly #pace = new Pace()
  readonly #backlog: Backlog
  readonly #watchdog = new Watchdog<Batch>(
    (bytes) => this.#pace.expectedUs(1, bytes) / 1000,
    ({ crew }, thread) => crew.kill(thread),
  )
  #batches = 0
  #flushing = false

  /**
   * Starts the workers and waits until they work: at most 10 s. The engine is loaded on this thread already: an addon
   * that only workers load can crash the process when the last of them ends (napi-rs#3443).
   */
  static async start(settings: HostSettings, engine: Engine, first: readonly FirstContract[]): Promise<PoolPlacement> {
    const contracts = new ContractTable<ContractRecord>()
    for (const { contract, digestKey } of first) addRecord(contracts, engine, contract, digestKey)
    const healer = await Healer.start({
      threads: settings.threads,
      workerUrl: settings.workerUrl,
      engine: engine.report,
      fallsBack: settings.engine === 'auto',
      setup: { engine: engine.report.kind, jsCompressor: settings.jsCompressor, contracts: contracts.entries },
    })
    return new PoolPlacement(settings, engine, contracts, healer)
  }

  private constructor(
    settings: HostSettings,
    engine: Engine,
    contracts: ContractTable<ContractRecord>,
    healer: Healer,
  ) {
    this.#engine = engine
    this.#threads = settings.threads
    this.#contracts = contracts
    this.#healer = healer
    this.#backlog = new Backlog(settings.threads)
    this.#lanes = new Lanes(this.#slots + 1)
  }

  get engine(): EngineReport {
    return this.#healer.engine
  }

  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    const number = addRecord(this.#contracts, this.#engine, contract, digestKey)
    this.#healer.fit()
    return number
  }

  get queued(): number {
    return this.#queue.size
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** Payloads that free slots take right now. */
  get room(): number {
    return (this.#slots - this.#batches) * this.#pace.perTask
  }

  /** Payloads that all slots take. */
  get capacity(): number {
    return this.#slots * this.#pace.perTask
  }

  /** While the slots are worked off, as many wait. */
  get busyDepth(): number {
    return 2 * this.capacity
  }

  /** True when no worker would answer, for the time being. */
  get down(): boolean {
    return this.#healer.crew === undefined
  }

  /** What a payload of this size takes a worker, by the payloads so far. */
  expectedUs(bytes: number): number {
    return this.#pace.expectedUs(1, bytes)
  }

  /** How long a payload that comes now would wait for a worker; an estimate. */
  waitUsAt(now: number): number {
    return this.#backlog.waitUsAt(now) + this.drainMs * 1000
  }

  /** Asked for a call that no worker can run: true when somebody else has taken it over. `copy` gives its payload. */
  takeOver: (call: Call, copy: () => Uint8Array) => boolean = () => false

  /** Called when there may be room that was not there before. */
  onRoom: () => void = () => {}

  get drainMs(): number {
    return this.#pace.expectedUs(this.#queue.size, this.#queue.bytes) / this.#threads / 1000
  }

  readonly run = (call: Call): void => {
    try {
      const { limits } = call.route.contract.profile
      const bytes = payloadBytes(call.payload, limits)
      // Not by instanceof: bytes may be of another realm.
      if ('ok' in bytes) return call.settle(bytes)
      // The engine would say the same, after the largest copy of all.
      if (bytes.length > limits.maxBytes) return call.settle(rejected('limit.bytes'))
      const ticket = new Ticket(call, bytes, this.#queue)
      call.payload = undefined
      call.copiedBytes = bytes.length
      call.seat = ticket
      this.#queue.push(ticket)
    } catch (error) {
      return call.fail(toFault(error))
    }
    this.#flushSoon()
  }

  stop(): Promise<void> {
    return this.#healer.destroy()
  }

  get #slots(): number {
    return this.#threads * tasksPerWorker
  }

  /** After this tick, microtasks and all: that is when its calls have been gathered. Nothing waits for a timer. */
  #flushSoon(): void {
    if (this.#flushing || this.#batches >= this.#slots) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  /** Sends what free slots can take. */
  #flush(): void {
    while (this.#queue.size > 0 && this.#batches < this.#slots) {
      const crew = this.#healer.crew
      if (crew === undefined) return this.#failQueue()
      const free = this.#slots - this.#batches
      const tasks = this.#pace.tasksFor(this.#queue.size, this.#queue.bytes, free)
      const tickets = this.#take(Math.min(this.#pace.perTask, Math.ceil(this.#queue.size / tasks)))
      if (tickets.length > 0) this.#dispatch(tickets, crew)
    }
  }

  #dispatch(tickets: readonly Ticket[], crew: Crew): void {
    let batch: Batch
    try {
      batch = this.#pack(tickets, crew)
    } catch (error) {
      // No memory for a lane.
      for (const ticket of tickets) {
        ticket.giveBack()
        ticket.call.fail(toFault(error))
      }
      return
    }
    void this.#send(batch)
  }

  /** The next payloads, without those that cannot be in time. */
  #take(most: number): Ticket[] {
    const tickets: Ticket[] = []
    const now = performance.now()
    let bytes = 0
    for (let ticket = this.#queue.first; ticket !== undefined && tickets.length < most; ticket = this.#queue.first) {
      if (now + this.#pace.leastMs(ticket.length) > ticket.call.expiresAt) {
        ticket.call.fail(deadlineExceeded(ticket.call))
        continue
      }
      bytes += ticket.length
      if (tickets.length > 0 && this.#pace.full(tickets.length + 1, bytes)) break
      this.#queue.remove(ticket)
      ticket.call.phase = 'running'
      tickets.push(ticket)
    }
    return tickets
  }

  #pack(tickets: readonly Ticket[], crew: Crew): Batch {
    const chunks: SharedArrayBuffer[] = []
    const lane = this.#lanes.take(tickets)
    let bytes = 0
    for (let item = 0; item < tickets.length; item++) {
      const ticket = tickets[item] as Ticket
      const { call, chunk, offset, length } = ticket
      bytes += length
      let place = chunks.indexOf(chunk.shared)
      if (place < 0) place = chunks.push(chunk.shared) - 1
      lane.write(item, call.route.contractIndex, call.canonical, place, offset, length)
      ticket.lane = lane
      ticket.item = item
    }
    const expectedUs = this.#pace.expectedUs(tickets.length, bytes)
    return { tickets, lane, crew, expectedUs, task: { count: tickets.length, lane: lane.shared, chunks } }
  }

  async #send(batch: Batch): Promise<void> {
    const { crew } = batch
    this.#batches++
    this.#watchdog.watch(batch)
    this.#backlog.sent(batch, performance.now())
    let answer: BatchAnswer
    try {
      answer = await crew.run(batch.task)
      // All of them, not only the missing ones: the second run may be another worker's.
      if (answer.missing === true) answer = await crew.run({ ...batch.task, contracts: this.#contractsOf(batch) })
    } catch (error) {
      this.#ended(batch)
      this.#salvage(batch, error)
      this.#flush()
      this.onRoom()
      return
    }
    this.#ended(batch)
    // First of all more work for the worker, then the answers.
    this.#flush()
    this.#settle(batch, answer)
    this.#lanes.giveBack(batch.lane)
    this.onRoom()
  }

  #ended(batch: Batch): void {
    this.#batches--
    this.#watchdog.forget(batch)
    this.#backlog.ended(batch, performance.now())
  }

  #contractsOf({ tickets }: Batch): ContractRecord[] {
    const numbers = new Set(tickets.map(({ call }) => call.route.contractIndex))
    return [...numbers].map((number) => this.#contracts.entries[number] as ContractRecord)
  }

  #settle({ tickets, lane }: Batch, { us, overflow }: BatchAnswer): void {
    let bytes = 0
    for (let item = 0; item < tickets.length; item++) {
      const ticket = tickets[item] as Ticket
      bytes += ticket.length
      ticket.giveBack()
      const at = lane.outcome(item)
      settleFrom(at === 0 ? overflow?.get(item) : lane.bytes, at, ticket.call)
    }
    this.#pace.note(us, tickets.length, bytes)
  }

  /**
   * A worker died with the batch. What it had done is used, what it had not begun is taken over or runs again, and the
   * payload that it was at gets one more chance. The lane is left to the collector.
   */
  #salvage({ tickets, lane }: Batch, cause: unknown): void {
    for (let item = tickets.length - 1; item >= 0; item--) {
      const ticket = tickets[item] as Ticket
      const { call } = ticket
      ticket.lane = undefined
      const at = lane.outcome(item)
      if (at !== 0) settleFrom(lane.bytes, at, call)
      else if (!call.settled) {
        const toBlame = lane.thread(item) !== 0
        ticket.suspect ||= toBlame
        // Also an innocent payload runs out of chances, lest workers that always die keep it for ever.
        if (!this.#handOver(ticket) && (ticket.blame += toBlame ? mostBlame / 2 : 1) < mostBlame) {
          this.#queue.unshift(ticket)
          continue
        }
      }
      ticket.giveBack()
      call.fail(new SidelaneError('internal.panic', { message: 'The workers that had this payload died.', cause }))
    }
  }

  #failQueue(): void {
    const cause = this.#healer.reason
    for (let ticket = this.#queue.first; ticket !== undefined; ticket = this.#queue.first) {
      if (this.#handOver(ticket)) {
        this.#queue.remove(ticket)
        ticket.giveBack()
      } else ticket.call.fail(new SidelaneError('unavailable', { message: 'The pool has no workers.', cause }))
    }
  }

  /** Not what a worker has died of: it could take the caller's thread along. */
  #handOver(ticket: Ticket): boolean {
    return !ticket.call.settled && !ticket.suspect && this.takeOver(ticket.call, () => ticket.copy())
  }
}

/** Two deaths at the payload, or sixteen beside it. */
const mostBlame = 16
