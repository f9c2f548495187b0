// Copies of small pieces of bytes that leave the package: several share one ArrayBuffer, as in the Buffer pool of Node. An
// ArrayBuffer for each would cost more than the copy: the allocator, zeros, and the garbage collector's list of buffers.

import { markAsUntransferable } from 'node:worker_threads'

/** Retained as long as one of its pieces is: as much as by a small Buffer of Node. */
const poolBytes = 8 * 1024
/** A longer piece has a buffer of its own. */
const maxPieceBytes = poolBytes / 4

export class CopyPool {
  #pool = new ArrayBuffer(0)
  #used = 0

  /** A copy of `bytes[from, to)`. No other piece has these bytes. */
  readonly copy = (bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> => {
    const length = to - from
    if (length > maxPieceBytes) return bytes.slice(from, to)
    if (this.#used + length > this.#pool.byteLength) this.#open()
    const piece = new Uint8Array(this.#pool, this.#used, length)
    piece.set(bytes.subarray(from, to))
    this.#used = (this.#used + length + 7) & ~7
    return piece
  }

  #open(): void {
    this.#pool = new ArrayBuffer(poolBytes)
    // The transfer of one piece would empty its neighbours.
    markAsUntransferable(this.#pool)
    this.#used = 0
  }
}
