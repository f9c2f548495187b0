// The bytes of a body as they arrive, never more than a limit.

import { SidelaneError } from '../model/index.ts'

export const tooLong = (): SidelaneError => new SidelaneError('limit.bytes')

const noBytes = new Uint8Array()

export class BoundedBytes {
  readonly #limit: number
  #bytes: Uint8Array = noBytes
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** False: the piece exceeds the limit, and nothing is kept. */
  add(piece: Uint8Array): boolean {
    const size = this.#size + piece.length
    if (size > this.#limit) {
      this.#bytes = noBytes
      this.#size = 0
      return false
    }
    // Most bodies arrive in one piece, which is not copied.
    if (this.#size === 0) this.#bytes = piece
    else {
      // One buffer: with pieces of one byte, a list of them would take a hundred times their size.
      if (size > this.#bytes.length) {
        const grown = new Uint8Array(Math.max(size, Math.min(2 * this.#bytes.length, this.#limit)))
        grown.set(this.#bytes.subarray(0, this.#size))
        this.#bytes = grown
      }
      this.#bytes.set(piece, this.#size)
    }
    this.#size = size
    return true
  }

  /** All bytes so far. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }
}
