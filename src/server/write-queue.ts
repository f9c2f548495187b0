// What waits to be written to a connection: memory that answers are put together in, and one write at a time, so that
// progress can be seen. What is in it, and what follows from a peer that does not read, is the connection's business.

import type { Socket } from 'node:net'
import type { Output } from './job.ts'
import type { Rounds, Sender } from './flush-scheduler.ts'
import { giveSlab, takeSlab, type Slab } from './buffer-pool.ts'

/** Large enough to cost little, small enough that a slow reader is seen to make progress. */
const mostPerWrite = 128 * 1024

/** A slab on its way out; `live` counts the answers in it. */
interface Part {
  readonly slab: Slab
  /** First byte that is not written. */
  sent: number
}

export interface OutputSide {
  /** So many answers are with the transport now. */
  handed(answers: number): void
  /** A write has ended. */
  progress(bytes: number): void
}

export class FrameOutput implements Sender {
  /** Bytes that wait, those of the write that goes on included. */
  pending = 0
  readonly #socket: Socket
  readonly #rounds: Rounds
  readonly #side: OutputSide
  /** In the order of writing; the last one takes what comes. */
  readonly #parts: Part[] = []
  readonly #target: Output = { bytes: new Uint8Array(0), at: 0 }
  #writing = 0
  #written = 0
  #queued = false
  #closed = false

  constructor(socket: Socket, rounds: Rounds, side: OutputSide) {
    this.#socket = socket
    this.#rounds = rounds
    this.#side = side
  }

  /** Bytes that have been written; undefined when no write goes on. */
  get written(): number | undefined {
    return this.#writing > 0 ? this.#written : undefined
  }

  /** Where `bytes` can be written, until the next call. They count when they are taken with `add`. */
  room(bytes: number): Output {
    let part = this.#parts.at(-1)
    if (part === undefined || part.slab.used + bytes > part.slab.bytes.length) {
      part = { slab: takeSlab(bytes), sent: 0 }
      this.#parts.push(part)
    }
    this.#target.bytes = part.slab.bytes
    this.#target.at = part.slab.used
    return this.#target
  }

  /** Takes what was written to the room; it is sent after this turn. */
  add(bytes: number, answers: number): void {
    const { slab } = this.#parts.at(-1) as Part
    slab.used += bytes
    slab.live += answers
    this.pending += bytes
    if (this.#queued) return
    this.#queued = true
    this.#rounds.add(this)
  }

  flush(): void {
    this.#queued = false
    if (this.#writing > 0 || this.#closed) return
    const part = this.#next()
    if (part === undefined) return
    const { slab, sent } = part
    const answers = slab.live
    slab.live = 0
    this.#writing = Math.min(slab.used - sent, mostPerWrite)
    this.#socket.write(slab.bytes.subarray(sent, sent + this.#writing), this.#done)
    if (answers > 0) this.#side.handed(answers)
  }

  /** After the last write. */
  close(): void {
    this.#closed = true
    // Memory that a write still reads is left to the collector.
    if (this.#writing === 0) for (const { slab } of this.#parts) giveSlab(slab)
    this.#parts.length = 0
  }

  /** The first part with something to write. Empty ones are given back. */
  #next(): Part | undefined {
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      if (part.sent < part.slab.used) return part
      this.#parts.shift()
      giveSlab(part.slab)
    }
    return undefined
  }

  readonly #done = (error?: Error | null): void => {
    if (this.#closed || error) return
    const bytes = this.#writing
    this.#writing = 0
    this.pending -= bytes
    this.#written += bytes
    const part = this.#parts[0] as Part
    part.sent += bytes
    this.flush()
    this.#side.progress(bytes)
  }
}
