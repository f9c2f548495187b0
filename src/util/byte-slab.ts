// Copies of small pieces of bytes that leave the package: several share one ArrayBuffer, as the small Buffers of Node do. An
// ArrayBuffer for each would cost more than the copy: the allocator, zeros, and the garbage collector's list of buffers.

import { markAsUntransferable } from 'node:worker_threads'

/** Retained as long as one of its pieces is: as much as by a small Buffer of Node. */
const slabBytes = 8 * 1024
/** A longer piece has a buffer of its own. */
const maxPieceBytes = slabBytes / 4

export class ByteSlab {
  #slab = new ArrayBuffer(0)
  #used = 0

  /** A copy of `bytes[from, to)`. No other piece has these bytes. */
  readonly copy = (bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> => {
    const length = to - from
    if (length > maxPieceBytes) return bytes.slice(from, to)
    if (this.#used + length > this.#slab.byteLength) this.#open()
    const piece = new Uint8Array(this.#slab, this.#used, length)
    piece.set(bytes.subarray(from, to))
    this.#used = (this.#used + length + 7) & ~7
    return piece
  }

  #open(): void {
    this.#slab = new ArrayBuffer(slabBytes)
    // The transfer of one piece would empty its neighbours.
    markAsUntransferable(this.#slab)
    this.#used = 0
  }
}
