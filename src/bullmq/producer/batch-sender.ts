// Makes batches of payloads and submits them. Three bounds slow a producer down: commands in flight, batches that wait in Redis,
// and the memory of Redis. While one of them blocks, payloads stay here, where their number is bounded too.

import { SidelaneError } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { Batch } from './batch.ts'
import type { QueuedPayload } from './queued-payload.ts'
import type { QueueCommands } from './queue-commands.ts'

export interface BatchSenderOptions {
  readonly commands: Pick<QueueCommands, 'add' | 'waiting' | 'memoryShare'>
  readonly contractId: string
  readonly maxPayloads: number
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly maxWaiting: number
  readonly maxRedisMemory: number
  /** Before the batch is submitted: its end may be known before the answer of Redis. */
  readonly onBatch: (batch: Batch) => void
  /** Something begins to wait while Redis refuses writes. */
  readonly onRefused: () => void
}

/** Commands in flight, each with some batches. */
const maxCommands = 4
const maxBatchesInCommand = 8
const maxCommandBytes = 4 * 1_048_576
const pollMs = 100
/** The memory of Redis is looked at so often, while something is submitted. */
const memoryEveryMs = 1000

export class BatchSender {
  submitted = 0
  /** Batches that wait in Redis, when they were last counted. */
  waiting = 0
  blocked = false
  readonly #options: BatchSenderOptions
  readonly #backoff = new Backoff({ firstMs: 50, maxMs: 1000 })
  /** Without a batch. */
  readonly #pending = new Set<QueuedPayload>()
  #pendingBytes = 0
  /** To be submitted, or once more. */
  #ready: Batch[] = []
  #commands = 0
  #memoryAt = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  /** Blocked because Redis refuses writes, not by a bound. */
  #isRefused = false

  constructor(options: BatchSenderOptions) {
    this.#options = options
  }

  add(payload: QueuedPayload): void {
    payload.addedAt = performance.now()
    this.#pending.add(payload)
    this.#pendingBytes += payload.bytes
    this.#pumpNew()
  }

  /** The payload has ended before it was in a batch. */
  remove(payload: QueuedPayload): void {
    if (this.#pending.delete(payload)) this.#pendingBytes -= payload.bytes
  }

  /** A batch that is made already, or that Redis has lost. */
  submit(batch: Batch): void {
    this.#ready.push(batch)
    if (this.#isStopped) this.failAll(closedFault())
    else this.#pumpNew()
  }

  /** Writes have failed for a long time. While a bound blocks, none is tried: the last fault says nothing then. */
  giveUpWrites(error: SidelaneError): void {
    if (!this.blocked || this.#isRefused) this.failAll(error)
  }

  /** Nothing more can be submitted for a long time. */
  failAll(error: SidelaneError): void {
    const batches = this.#ready
    this.#ready = []
    for (const { payloads } of batches) for (const payload of payloads) payload.fail(error)
    for (const payload of this.#pending) payload.fail(error)
  }

  /** What is not in Redis fails. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.failAll(closedFault())
  }

  #pumpNew(): void {
    if (!this.blocked) this.#pump()
    else if (this.#isRefused) this.#options.onRefused()
  }

  readonly #pump = (): void => {
    if (this.#isStopped || this.blocked) return
    const pauseMs = this.#backoff.waitMs
    if (pauseMs > 0) return this.#pumpLater(pauseMs)
    while (this.#commands < maxCommands) {
      const batches = this.#take()
      if (batches.length === 0) break
      void this.#submit(batches)
    }
    // With all commands in flight, the end of one leads back here.
    if (this.#pending.size > 0 && this.#commands < maxCommands) {
      this.#pumpLater(this.#oldestAt + this.#options.maxWaitMs - performance.now())
    }
  }

  /** When the oldest payload without a batch came. */
  get #oldestAt(): number {
    for (const { addedAt } of this.#pending) return addedAt
    return 0
  }

  #pumpLater(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#pump, Math.max(0, ms))
  }

  /** The batches of one command. */
  #take(): Batch[] {
    const taken: Batch[] = []
    let bytes = 0
    while (taken.length < maxBatchesInCommand && bytes < maxCommandBytes) {
      const batch = this.#ready.shift() ?? this.#makeBatch()
      if (batch === undefined) break
      if (batch.hasEnded) continue
      taken.push(batch)
      bytes += batch.bytes
    }
    return taken
  }

  #makeBatch(): Batch | undefined {
    const { maxPayloads, maxBytes, maxWaitMs, contractId } = this.#options
    if (this.#pending.size === 0) return undefined
    const isFull = this.#pending.size >= maxPayloads || this.#pendingBytes >= maxBytes
    const now = performance.now()
    // A timer may fire a fraction of a millisecond early.
    if (!isFull && now - this.#oldestAt < maxWaitMs - 1) return undefined
    const payloads: QueuedPayload[] = []
    let bytes = 0
    for (const payload of this.#pending) {
      if (payloads.length > 0 && (payloads.length === maxPayloads || bytes + payload.bytes > maxBytes)) break
      payloads.push(payload)
      bytes += payload.bytes
      this.#pending.delete(payload)
    }
    this.#pendingBytes -= bytes
    return new Batch(contractId, payloads)
  }

  async #submit(batches: readonly Batch[]): Promise<void> {
    const { commands, maxWaiting, onBatch } = this.#options
    this.#commands++
    const now = performance.now()
    for (const batch of batches) {
      if (batch.onSent === undefined) onBatch(batch)
      for (const payload of batch.payloads) payload.started(now)
    }
    try {
      this.waiting = await commands.add(batches)
      this.#backoff.reset()
      this.#isRefused = false
      this.submitted += batches.length
      const sentAt = performance.now()
      for (const batch of batches) batch.sent(sentAt)
      if (this.waiting >= maxWaiting || (await this.#isMemoryShort())) this.#block()
    } catch (error) {
      this.#onFault(error as SidelaneError, batches)
    }
    this.#commands--
    this.#pump()
  }

  /** Whether Redis has the batches is unknown: to submit them again changes nothing where it has. */
  #onFault({ retryAfterMs }: SidelaneError, batches: readonly Batch[]): void {
    const unsent = batches.filter(({ sentAt }) => sentAt === 0)
    this.#ready.unshift(...unsent)
    if (this.#isStopped) return this.failAll(closedFault())
    this.#backoff.fail()
    // Out of memory: results that expire make room.
    if (retryAfterMs === undefined) return
    this.#isRefused = true
    this.#block()
  }

  async #isMemoryShort(): Promise<boolean> {
    const now = performance.now()
    if (now - this.#memoryAt < memoryEveryMs) return false
    this.#memoryAt = now
    return (await this.#options.commands.memoryShare()) > this.#options.maxRedisMemory
  }

  /** Until half of what waits is gone. */
  #block(): void {
    if (this.blocked || this.#isStopped) return
    this.blocked = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#poll(), pollMs)
  }

  async #poll(): Promise<void> {
    const { commands, maxWaiting, maxRedisMemory } = this.#options
    try {
      this.waiting = await commands.waiting()
      this.blocked = this.waiting > maxWaiting / 2 || (await commands.memoryShare()) > maxRedisMemory
    } catch {
      // The fault has been counted; the next poll may succeed.
    }
    if (this.#isStopped) return
    if (this.blocked) this.#timer = setTimeout(() => void this.#poll(), pollMs)
    else {
      this.#isRefused = false
      this.#pump()
    }
  }
}

const closedFault = (): SidelaneError => new SidelaneError('unavailable', { message: 'The processor is closed.' })
