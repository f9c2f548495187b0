// How payloads share one Piscina task: the messages, and the batch buffer: shared memory whose head lists the items and
// whose rest holds the outcomes. Both threads use this file; when a batch is sent is decided in pool.ts.
//
//   buffer: count × 40 bytes of items, then the outcomes (model/outcome-bytes.ts), each at a multiple of 8
//   item: 0 u32 contract number · 4 u32 1 = canonical · 8 u32 chunk · 12 u32 offset · 16 u32 length
//         20 u32 1 = dropped by the caller · 24 u32 offset of the outcome, 0 = not in the buffer, 1 = moved · 28 u32 thread that runs it, 0 = none
//         32 u32 deadline (sharedTime), 0 = none · 36 u32 time in the engine in µs

import type { LoadedEngineReport, JsCompressor } from '../../model/index.ts'

/** Most payloads in one task. */
export const maxBatch = 64

const itemWords = 10
const itemBytes = 4 * itemWords

/** The words of an item that are read without atomics; `outcome` 0: it is not in the buffer. */
export const words = { contract: 0, canonical: 1, chunk: 2, offset: 3, length: 4, outcome: 6, runUs: 9 } as const
const droppedWord = 5
const threadWord = 7
const deadlineWord = 8

/** Instead of the place of an outcome: the payload took longer than a slice. */
export const moved = 1

/** A contract as a worker gets it, once: each worker compiles it. */
export interface ContractRecord {
  readonly number: number
  /** The lock file's text. */
  readonly lock: string
  readonly digestKey: Uint8Array | undefined
  /** The bytes that the lock names. */
  readonly dictionary: Uint8Array | undefined
  /** Heap that a worker needs for its largest payload in the js engine, in MiB. */
  readonly heapMb: number
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly engine: LoadedEngineReport['kind']
  readonly jsCompressor: JsCompressor | undefined
  readonly contracts: readonly ContractRecord[]
}

export interface BatchTask {
  readonly count: number
  readonly buffer: SharedArrayBuffer
  /** The payloads. */
  readonly chunks: readonly SharedArrayBuffer[]
  /** A payload that takes longer is ended, with `moved` as the place of its outcome. */
  readonly sliceMs?: number
  /** Only after a worker has answered `missing`. */
  readonly contracts?: readonly ContractRecord[]
}

/** `hello` is the first task of each worker: proves that it has loaded its engine. */
export type Task = { readonly hello: true } | BatchTask

/** `ready` in the answer to a hello: proves that the file is the worker of this version. */
export const readyMark = 'sidelane-worker-1'

export interface HelloAnswer {
  readonly ready: typeof readyMark
  /** The worker's heap limit: another one than asked for where the process has --max-old-space-size. */
  readonly heapMb: number
}

/** Of a worker that ends because of an uncaught exception. */
export const errorExitCode = 70

export interface BatchAnswer {
  /** Time in the worker, in µs. */
  readonly us: number
  /** This worker lacks one of the contracts; no payload was processed. */
  readonly missing?: true
  /** Outcomes that did not fit into the buffer, by item. */
  readonly overflow?: ReadonlyMap<number, Uint8Array>
}

/** `performance.now()` begins at another time on each thread; `process.hrtime()` does not. */
const clockStartMs = ((): number => {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1000 + nanos / 1e6 - performance.now()
})()

/** A time of this thread's `performance.now()` for all threads: rounded up to ms, modulo 2^32, and never 0. */
const sharedTime = (time: number): number => Math.ceil(time + clockStartMs) >>> 0 || 1

/** A batch buffer, on either thread. */
export class BatchBuffer {
  readonly shared: SharedArrayBuffer
  readonly bytes: Uint8Array
  readonly #words: Uint32Array

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.bytes = new Uint8Array(shared)
    this.#words = new Uint32Array(shared)
  }

  static ofSize(bytes: number): BatchBuffer {
    return new BatchBuffer(new SharedArrayBuffer(aligned(bytes)))
  }

  /** Where the outcomes start. */
  static headBytes(count: number): number {
    return count * itemBytes
  }

  write(
    item: number,
    contract: number,
    canonical: boolean,
    chunk: number,
    offset: number,
    length: number,
    expiresAt: number,
  ): void {
    const at = item * itemWords
    this.#words[at + words.contract] = contract
    this.#words[at + words.canonical] = canonical ? 1 : 0
    this.#words[at + words.chunk] = chunk
    this.#words[at + words.offset] = offset
    this.#words[at + words.length] = length
    this.#words[at + words.outcome] = 0
    this.#words[at + words.runUs] = 0
    this.#words[at + threadWord] = 0
    this.#words[at + deadlineWord] = expiresAt === Number.POSITIVE_INFINITY ? 0 : sharedTime(expiresAt)
    Atomics.store(this.#words, at + droppedWord, 0)
  }

  get(item: number, word: (typeof words)[keyof typeof words]): number {
    return this.#words[item * itemWords + word] as number
  }

  /** On this thread's clock; `now` is a recent time. */
  expiresAt(item: number, now: number): number {
    const deadline = this.#words[item * itemWords + deadlineWord] as number
    return deadline === 0 ? Number.POSITIVE_INFINITY : now + ((deadline - sharedTime(now)) | 0)
  }

  /** The item's call has ended: a worker that has not started it skips it. */
  drop(item: number): void {
    Atomics.store(this.#words, item * itemWords + droppedWord, 1)
  }

  dropped(item: number): boolean {
    return Atomics.load(this.#words, item * itemWords + droppedWord) === 1
  }

  setOutcome(item: number, offset: number): void {
    this.#words[item * itemWords + words.outcome] = offset
  }

  setRunUs(item: number, us: number): void {
    this.#words[item * itemWords + words.runUs] = Math.max(0, us)
  }

  /** The thread that runs the item, 0 when it is done: identifies the item that a worker hangs at or died of. */
  setThread(item: number, thread: number): void {
    Atomics.store(this.#words, item * itemWords + threadWord, thread)
  }

  thread(item: number): number {
    return Atomics.load(this.#words, item * itemWords + threadWord)
  }

  /** The item that a worker runs, of the first `count`; -1: none. */
  current(count: number): number {
    for (let item = count - 1; item >= 0; item--) if (this.thread(item) !== 0) return item
    return -1
  }
}

/** Outcomes are at multiples of 8: V8 then copies them out of shared memory word by word. */
export const aligned = (offset: number): number => (offset + 7) & ~7

const usualBytes = 256 * 1024
/** Larger buffers are used for one task only. */
const maxKeptBytes = 1024 * 1024
/** Per item: the outcome's head, and growth of small payloads. */
const slackBytes = 512
/** A rejected payload lists up to 32 issues with pointers; few payloads of a batch do. */
const issueBytes = 16 * 1024

/** The batch buffers of a pool, which are reused. */
export class BatchBuffers {
  readonly #maxFree: number
  readonly #free: BatchBuffer[] = []

  constructor(maxFree: number) {
    this.#maxFree = maxFree
  }

  /** A buffer for `count` items with about `bytes` of outcomes; a worker sends what does not fit beside it. */
  take(count: number, bytes: number): BatchBuffer {
    const need = BatchBuffer.headBytes(count) + bytes + count * slackBytes + issueBytes
    if (need > maxKeptBytes) return BatchBuffer.ofSize(need)
    // A buffer that is too small is replaced: memory that is new to a worker costs a page fault per 4 KiB, and each
    // allocation triggers the garbage collector.
    const buffer = this.#free.pop()
    return buffer !== undefined && buffer.bytes.length >= need
      ? buffer
      : BatchBuffer.ofSize(need > usualBytes ? maxKeptBytes : usualBytes)
  }

  recycle(buffer: BatchBuffer): void {
    if (buffer.bytes.length <= maxKeptBytes && this.#free.length < this.#maxFree) this.#free.push(buffer)
  }
}
