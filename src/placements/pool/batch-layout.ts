// How payloads share one Piscina task: the task, its answer, and the lane, a piece of shared memory whose head lists the
// items and whose rest takes the outcomes. Both threads use this file; who sends what when is not here.
//
//   lane: count × 32 bytes of items, then the outcomes (model/outcome-bytes.ts), each at a multiple of 8
//   item: 0 u32 contract number · 4 u32 1 = canonical · 8 u32 chunk · 12 u32 offset · 16 u32 length
//         20 u32 1 = nobody waits for it · 24 u32 where the outcome is, 0 = not in the lane · 28 u32 thread that began it, 0 = none

import type { EngineReport, JsCompressor } from '../../model/index.ts'

/** Most payloads in one task. */
export const maxBatch = 64

const itemWords = 8
const itemBytes = 4 * itemWords

const contractWord = 0
const canonicalWord = 1
const chunkWord = 2
const offsetWord = 3
const lengthWord = 4
const droppedWord = 5
const outcomeWord = 6
const threadWord = 7

/** A contract as a worker gets it, once: it compiles by itself. */
export interface ContractRecord {
  readonly number: number
  /** The lock file's text. */
  readonly lock: string
  readonly digestKey: Uint8Array | undefined
  /** The bytes that the lock names. */
  readonly dictionary: Uint8Array | undefined
  /** The largest payload. */
  readonly maxBytes: number
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly engine: EngineReport['kind']
  readonly jsCompressor: JsCompressor | undefined
  readonly contracts: readonly ContractRecord[]
}

/** Asked once before real work: does this worker run? It has loaded its engine then. */
export interface Hello {
  readonly hello: true
}

export interface BatchTask {
  readonly count: number
  readonly lane: SharedArrayBuffer
  readonly chunks: readonly SharedArrayBuffer[]
  /** Only after a worker said that it lacks them. */
  readonly contracts?: readonly ContractRecord[]
}

export type Task = Hello | BatchTask

/** `ready` in the answer to a hello: proves that the file is ours, and of the same make. */
export const readyMark = 'sidelane-worker-1'

export interface HelloAnswer {
  readonly ready: typeof readyMark
}

export interface BatchAnswer {
  /** Time in the worker, in µs. */
  readonly us: number
  /** This worker was never given one of the contracts; nothing was processed. */
  readonly missing?: true
  /** Outcomes that the lane had no room for, by item. */
  readonly overflow?: ReadonlyMap<number, Uint8Array>
}

/** A lane, seen from either thread. */
export class Lane {
  readonly shared: SharedArrayBuffer
  readonly bytes: Uint8Array
  readonly #words: Uint32Array

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.bytes = new Uint8Array(shared)
    this.#words = new Uint32Array(shared)
  }

  static ofSize(bytes: number): Lane {
    return new Lane(new SharedArrayBuffer(aligned(bytes)))
  }

  /** Where the outcomes start. */
  static headBytes(count: number): number {
    return count * itemBytes
  }

  write(item: number, contract: number, canonical: boolean, chunk: number, offset: number, length: number): void {
    const at = item * itemWords
    this.#words[at + contractWord] = contract
    this.#words[at + canonicalWord] = canonical ? 1 : 0
    this.#words[at + chunkWord] = chunk
    this.#words[at + offsetWord] = offset
    this.#words[at + lengthWord] = length
    this.#words[at + outcomeWord] = 0
    this.#words[at + threadWord] = 0
    Atomics.store(this.#words, at + droppedWord, 0)
  }

  contract(item: number): number {
    return this.#word(item, contractWord)
  }

  canonical(item: number): boolean {
    return this.#word(item, canonicalWord) === 1
  }

  chunk(item: number): number {
    return this.#word(item, chunkWord)
  }

  offset(item: number): number {
    return this.#word(item, offsetWord)
  }

  length(item: number): number {
    return this.#word(item, lengthWord)
  }

  /** Nobody waits for the item any more: a worker that has not begun it leaves it out. */
  drop(item: number): void {
    Atomics.store(this.#words, item * itemWords + droppedWord, 1)
  }

  dropped(item: number): boolean {
    return Atomics.load(this.#words, item * itemWords + droppedWord) === 1
  }

  /** Where the item's outcome is; 0: not in the lane. */
  outcome(item: number): number {
    return this.#word(item, outcomeWord)
  }

  setOutcome(item: number, offset: number): void {
    this.#words[item * itemWords + outcomeWord] = offset
  }

  /** Set when a worker comes to the item: says what it hangs at or died of. 0 when it is not at it any more. */
  setThread(item: number, thread: number): void {
    Atomics.store(this.#words, item * itemWords + threadWord, thread)
  }

  thread(item: number): number {
    return Atomics.load(this.#words, item * itemWords + threadWord)
  }

  /** The item that a worker is at, of the first `count`; -1: none. */
  current(count: number): number {
    for (let item = count - 1; item >= 0; item--) if (this.thread(item) !== 0) return item
    return -1
  }

  #word(item: number, word: number): number {
    return this.#words[item * itemWords + word] as number
  }
}

/** Outcomes stand at multiples of 8: copies out of shared memory are then made word by word. */
export const aligned = (offset: number): number => (offset + 7) & ~7
