// The floor of a pool: a bare worker loop that copies, sends, wakes and settles as our pool does, and does nothing else: no queue,
// no limits, no deadlines, no counters. Its other side waits as long as the work would take.

import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { ContractRef } from '../contracts/sources.ts'
import type { Answer, Contender } from '../../src/measure/contender.ts'
import { itemWords, maxBatch, outcomeHead } from './layout.ts'
import type { FloorBatch, FloorWorkerData } from './pool-worker.ts'

/** As in our pool: one batch runs, the next is ready when it ends. */
const batchesPerWorker = 2
/** Of a batch with more than one payload. */
const batchBytes = 512 * 1024

/** The memory of one batch, reused. */
interface Slot {
  readonly buffer: SharedArrayBuffer
  readonly items: Uint32Array
  readonly bytes: Uint8Array
  readonly payloads: SharedArrayBuffer
  readonly payloadBytes: Uint8Array
  readonly resolves: ((answer: Answer) => void)[]
}

interface Waiting {
  readonly payload: Buffer
  readonly resolve: (answer: Answer) => void
}

function newSlot(bytes: number): Slot {
  const payloads = new SharedArrayBuffer(bytes)
  // Noise does not shrink.
  const buffer = new SharedArrayBuffer(2 * bytes)
  return {
    buffer,
    items: new Uint32Array(buffer),
    bytes: new Uint8Array(buffer),
    payloads,
    payloadBytes: new Uint8Array(payloads),
    resolves: [],
  }
}

class BareWorker {
  readonly free: Slot[] = Array.from({ length: batchesPerWorker }, () => newSlot(batchBytes))
  readonly #busy: Slot[] = []
  readonly #port: MessagePort
  readonly #worker: Worker
  readonly #wakes = new Int32Array(new SharedArrayBuffer(4))
  readonly #ended: Promise<void>

  constructor(ref: ContractRef, onFree: () => void) {
    const { port1, port2 } = new MessageChannel()
    const workerData: FloorWorkerData = { ref, port: port2, sent: this.#wakes.buffer }
    this.#worker = new Worker(new URL('./pool-worker.js', import.meta.url), { workerData, transferList: [port2] })
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#port = port1
    port1.on('message', () => {
      const slot = this.#busy.shift() as Slot
      settle(slot)
      this.free.push(slot)
      onFree()
    })
  }

  send(waiting: readonly Waiting[]): void {
    const kept = this.free.pop() as Slot
    const [{ payload: first }] = waiting as readonly [Waiting]
    // A slot is read as words, too.
    const slot = first.length + 8 > batchBytes ? newSlot((first.length + 15) & ~7) : kept
    let at = 0
    for (const [item, { payload, resolve }] of waiting.entries()) {
      // At the same place in a word, as in our pool.
      at += (((payload.byteOffset - at) % 8) + 8) % 8
      slot.payloadBytes.set(payload, at)
      slot.items[item * itemWords] = at
      slot.items[item * itemWords + 1] = payload.length
      slot.resolves.push(resolve)
      at += payload.length
    }
    this.#busy.push(slot)
    this.#post({ count: waiting.length, buffer: slot.buffer, payloads: slot.payloads })
  }

  end(): Promise<void> {
    this.#post(null)
    return this.#ended
  }

  #post(batch: FloorBatch | null): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#port.postMessage(batch)
    Atomics.add(this.#wakes, 0, 1)
    Atomics.notify(this.#wakes, 0, 1)
  }
}

function settle({ items, bytes, resolves }: Slot): void {
  for (const [item, resolve] of resolves.entries()) {
    const at = items[item * itemWords + 2] as number
    const end = at + (items[item * itemWords + 3] as number)
    resolve(end === at ? { ok: false } : { ok: true, body: bytes.slice(at + outcomeHead, end), digest: null })
  }
  resolves.length = 0
}

export function poolFloor(ref: ContractRef, threads: number): Contender {
  const waiting: Waiting[] = []
  let isScheduled = false
  const flush = (): void => {
    isScheduled = false
    for (const worker of workers) {
      while (worker.free.length > 0 && waiting.length > 0) {
        const free = workers.reduce((sum, one) => sum + one.free.length, 0)
        worker.send(waiting.splice(0, fitting(waiting, Math.min(maxBatch, Math.ceil(waiting.length / free)))))
      }
    }
  }
  const workers = Array.from({ length: threads }, () => new BareWorker(ref, flush))
  const call = (payload: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      waiting.push({ payload, resolve })
      if (isScheduled) return
      isScheduled = true
      process.nextTick(flush)
    })
  const close = async (): Promise<void> => void (await Promise.all(workers.map((worker) => worker.end())))
  return { id: 'pool-floor', digest: 'none', side: 'floor', mode: 'pool', canonical: true, call, close }
}

/** Of the next `most`, as many as the memory of a batch takes. */
function fitting(waiting: readonly Waiting[], most: number): number {
  let bytes = 0
  for (let count = 0; count < most; count++) {
    bytes += (waiting[count] as Waiting).payload.length + 8
    if (bytes > batchBytes && count > 0) return count
  }
  return most
}
