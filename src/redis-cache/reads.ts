// Reads in flight: those of one turn of the event loop go out as one MGET, and one that is not answered in time ends all of them,
// because its breaker opens.

import type { Holder, Outcome, SharedQuery } from '../model/index.ts'

type OnEnd = (outcome: Outcome | undefined) => void

/** One look for a result. Releasing it cancels it. */
export class Read implements Holder {
  readonly key: string
  readonly query: SharedQuery
  readonly startedAt: number
  readonly #reads: PendingReads
  readonly #onEnd: OnEnd

  constructor(reads: PendingReads, key: string, query: SharedQuery, startedAt: number, onEnd: OnEnd) {
    this.#reads = reads
    this.key = key
    this.query = query
    this.startedAt = startedAt
    this.#onEnd = onEnd
  }

  get hasEnded(): boolean {
    return !this.#reads.has(this)
  }

  release(): void {
    this.#reads.remove(this)
  }

  end(outcome: Outcome | undefined): void {
    if (this.#reads.remove(this)) this.#onEnd(outcome)
  }
}

export interface PendingReadsOptions {
  readonly timeoutMs: number
  /** Sends the reads of one turn. */
  readonly send: (reads: readonly Read[]) => void
  /** The oldest one was not answered in time. */
  readonly onTimeout: () => void
}

export class PendingReads {
  /** Payload bytes that wait. */
  bytes = 0
  readonly #options: PendingReadsOptions
  /** Oldest first: all have the same time. */
  readonly #pending = new Set<Read>()
  #batch: Read[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: PendingReadsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#pending.size
  }

  add(key: string, query: SharedQuery, now: number, onEnd: OnEnd): Read {
    const read = new Read(this, key, query, now, onEnd)
    this.#pending.add(read)
    this.bytes += query.inBytes
    if (this.#batch.push(read) === 1) process.nextTick(this.#flush)
    // Timers are whole milliseconds, and late rather than early.
    this.#timer ??= setTimeout(this.#onTimer, Math.max(1, this.#options.timeoutMs - 1))
    return read
  }

  has(read: Read): boolean {
    return this.#pending.has(read)
  }

  /** False: it has ended before. */
  remove(read: Read): boolean {
    if (!this.#pending.delete(read)) return false
    this.bytes -= read.query.inBytes
    if (this.#pending.size === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    return true
  }

  /** Ends all without a result; returns how many. */
  endAll(): number {
    const all = [...this.#pending]
    for (const read of all) read.end(undefined)
    return all.length
  }

  readonly #flush = (): void => {
    const batch = this.#batch
    this.#batch = []
    // Those that were cancelled meanwhile are not sent.
    const reads = batch.filter((read) => !read.hasEnded)
    if (reads.length > 0) this.#options.send(reads)
  }

  /** After a turn of the event loop that was long, the answer may be here: sockets are read before `setImmediate`. */
  readonly #onTimer = (): void => void setImmediate(this.#checkOldest)

  readonly #checkOldest = (): void => {
    // Reads that began after the timer fired may have started another one.
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [oldest] = this.#pending
    if (oldest === undefined) return
    const { timeoutMs, onTimeout } = this.#options
    const leftMs = oldest.startedAt + timeoutMs - 1 - performance.now()
    if (leftMs <= 0) onTimeout()
    else this.#timer = setTimeout(this.#onTimer, Math.max(1, leftMs))
  }
}
