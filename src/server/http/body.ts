// The body of a `process` request while it arrives: room is reserved before there is memory, and none is kept beyond the
// contract's limit. The contract stays compiled as long as it or its job needs it.

import type { LoadedContract } from '../contracts.ts'
import type { Refusal, RequestQueue } from '../queue.ts'

const empty = new Uint8Array()

export class Body {
  /** Why it is not taken; then it holds nothing. */
  refusal: Refusal | 'too long' | undefined
  /** Bytes that are reserved for it. */
  reserved = 0
  readonly #queue: RequestQueue
  readonly #served: LoadedContract
  readonly #known: boolean
  #bytes: Uint8Array = empty
  #size = 0
  #over = false

  constructor(queue: RequestQueue, served: LoadedContract, length: number | 'chunked') {
    this.#queue = queue
    this.#served = served
    served.registry.retain()
    this.#known = length !== 'chunked'
    this.#reserve(length === 'chunked' ? 0 : length)
  }

  /** A copy is kept. */
  add(piece: Uint8Array): void {
    if (!this.#known) this.#reserve(piece.length)
    if (this.refusal !== undefined) return
    const size = this.#size + piece.length
    // Not before the first byte is here: a promise needs no memory.
    if (size > this.#bytes.length) this.#grow(this.#known ? this.reserved : Math.max(size, 2 * this.#bytes.length))
    this.#bytes.set(piece, this.#size)
    this.#size = size
  }

  /** The whole of it. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  /** It is not wanted: gives back what it has. */
  release(): void {
    if (this.#over) return
    this.#over = true
    if (this.reserved > 0) this.#queue.release(this.reserved)
    this.reserved = 0
    this.#served.registry.release()
    this.#bytes = empty
  }

  /** In one piece: a chunk can be of one byte, and an object for each would be a hundred times what is reserved. */
  #grow(size: number): void {
    const before = this.#bytes
    this.#bytes = Buffer.allocUnsafe(size)
    this.#bytes.set(before)
  }

  #reserve(bytes: number): void {
    const { maxBytes } = this.#served.contract.profile.limits
    this.refusal = this.reserved + bytes > maxBytes ? 'too long' : this.#queue.reserve(bytes)
    if (this.refusal !== undefined) return this.release()
    this.reserved += bytes
  }
}
