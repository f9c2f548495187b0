// Bytes on their way to a stream: put together in arena blocks, handed over once per turn of the event loop, one write
// at a time, so that a slow reader is seen to make progress. What the bytes mean is not here.

import type { Block, BumpArena } from './bump-arena.ts'

/** A socket, as far as it is needed. `done` is called once the bytes are with the system. */
export interface WriteTarget {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
}

export interface WriteBatcherOptions {
  readonly target: WriteTarget
  readonly arena: BumpArena<Buffer>
  readonly maxWriteBytes: number
  /** With more than that pending, `full` is true. Nothing is refused here. */
  readonly maxPendingBytes: number
  /** A write is done. */
  readonly onProgress: (bytes: number, wasFull: boolean) => void
  /** The stream has the first bytes of this many units. */
  readonly onHandedOver?: (units: number) => void
}

/** Bytes of one block that are not written. Holds one of the block's `live` users. */
interface Range {
  readonly block: Block<Buffer>
  from: number
  to: number
  units: number
}

export class WriteBatcher {
  /** Bytes that are not written, those of the current write included. */
  pending = 0
  readonly #options: WriteBatcherOptions
  readonly #ranges: Range[] = []
  /** Size of the current write; 0: there is none. */
  #writing = 0
  #written = 0
  #scheduled = false
  #closed = false

  constructor(options: WriteBatcherOptions) {
    this.#options = options
  }

  get full(): boolean {
    return this.pending > this.#options.maxPendingBytes
  }

  /** Bytes written so far; undefined when there is no current write. */
  get written(): number | undefined {
    return this.#writing > 0 ? this.#written : undefined
  }

  /** A block with room for `bytes` at `used`, until the next call. They are sent when `add` follows. */
  reserve(bytes: number): Block<Buffer> {
    return this.#options.arena.reserve(bytes)
  }

  /** Takes the `bytes` at `used` of a block. `units`: what the caller counts, reported to `onHandedOver`. */
  add(block: Block<Buffer>, bytes: number, units = 0): void {
    if (this.#closed) return
    const from = block.used
    block.used += bytes
    this.pending += bytes
    const last = this.#ranges.at(-1)
    if (last?.block === block && last.to === from) {
      last.to = block.used
      last.units += units
    } else {
      block.live++
      this.#ranges.push({ block, from, to: block.used, units })
    }
    if (this.#scheduled) return
    this.#scheduled = true
    // After all that this turn, microtasks included, brings.
    process.nextTick(this.#flush)
  }

  /** For a user of a block that is not a write. */
  release(block: Block<Buffer>): void {
    this.#options.arena.release(block)
  }

  /** Nothing is written from now on. */
  close(): void {
    this.#closed = true
    // Memory that a write still reads is left to the garbage collector.
    if (this.#writing === 0) {
      for (const { block } of this.#ranges) this.release(block)
      this.#options.arena.trim()
    }
    this.#ranges.length = 0
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    this.#write()
  }

  #write(): void {
    const range = this.#ranges[0]
    if (range === undefined || this.#writing > 0 || this.#closed) return
    const { block, from, to, units } = range
    const { target, maxWriteBytes, onHandedOver } = this.#options
    range.units = 0
    this.#writing = Math.min(to - from, maxWriteBytes)
    target.write(block.bytes.subarray(from, from + this.#writing), this.#done)
    if (units > 0) onHandedOver?.(units)
  }

  readonly #done = (error?: Error | null): void => {
    if (this.#closed || error) return
    const bytes = this.#writing
    const range = this.#ranges[0] as Range
    const { full } = this
    this.#writing = 0
    this.#written += bytes
    this.pending -= bytes
    range.from += bytes
    if (range.from === range.to) {
      this.#ranges.shift()
      this.release(range.block)
      if (this.pending === 0) this.#options.arena.trim()
    }
    this.#write()
    this.#options.onProgress(bytes, full)
  }
}
