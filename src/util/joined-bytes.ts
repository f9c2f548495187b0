// Pieces of bytes that become one value.

const noBytes = new Uint8Array()

/**
 * A single piece is kept and given out as it is. Further ones are copied into one buffer, which doubles: with pieces of one
 * byte, a list of them would take a hundred times their size.
 */
export class JoinedBytes {
  readonly #limit: number
  #bytes: Uint8Array = noBytes
  #size = 0

  /** `limit`: the most bytes that are kept. The buffer never becomes larger. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes that were added. */
  get size(): number {
    return this.#size
  }

  /** False: the piece exceeds the limit, and nothing is kept. The first piece must not be written to afterwards. */
  add(piece: Uint8Array): boolean {
    if (piece.length === 0) return true
    const size = this.#size + piece.length
    if (size > this.#limit) {
      this.clear()
      return false
    }
    if (this.#size === 0) this.#bytes = piece
    else {
      if (size > this.#bytes.length) this.#grow(size)
      this.#bytes.set(piece, this.#size)
    }
    this.#size = size
    return true
  }

  /** All bytes so far; the next piece begins another value. */
  take(): Uint8Array {
    const bytes = this.#size === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#size)
    this.clear()
    return bytes
  }

  clear(): void {
    this.#bytes = noBytes
    this.#size = 0
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(size, Math.min(2 * this.#bytes.length, this.#limit)))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
