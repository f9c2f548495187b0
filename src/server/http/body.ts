// The body of a `process` request while it arrives: bytes are reserved before memory is allocated, and no more is kept than
// the contract's limit. The contract stays compiled until the body or its job is released.

import type { LoadedContract } from '../contracts.ts'
import type { RequestQueue } from '../queue.ts'
import type { ShedReason } from '../telemetry.ts'
import type { Peer } from '../tls/peers.ts'

const empty = new Uint8Array()

export class RequestBody {
  /** Why the body is refused; then it holds nothing. */
  refusal: ShedReason | 'too long' | undefined
  /** Bytes reserved for the body. */
  reserved = 0
  readonly #queue: RequestQueue
  readonly #contract: LoadedContract
  readonly #peer: Peer | undefined
  readonly #isChunked: boolean
  #bytes: Uint8Array = empty
  #size = 0
  #released = false

  constructor(queue: RequestQueue, contract: LoadedContract, length: number | 'chunked', peer?: Peer) {
    this.#queue = queue
    this.#peer = peer
    this.#contract = contract
    contract.registry.retain()
    this.#isChunked = length === 'chunked'
    this.#reserve(length === 'chunked' ? 0 : length)
  }

  /** Takes over `piece`. */
  add(piece: Uint8Array): void {
    if (this.#isChunked) this.#reserve(piece.length)
    if (this.refusal !== undefined) return
    // A body that arrives in one piece is not copied.
    if (!this.#isChunked && piece.length === this.reserved) {
      this.#bytes = piece
      this.#size = piece.length
      return
    }
    const size = this.#size + piece.length
    // Allocated with the first byte only: a Content-Length alone takes no memory.
    if (size > this.#bytes.length) {
      const before = this.#bytes
      // One buffer: with chunks of one byte, a list of pieces would take a hundred times what is reserved.
      this.#bytes = Buffer.allocUnsafe(this.#isChunked ? Math.max(size, 2 * before.length) : this.reserved)
      this.#bytes.set(before)
    }
    this.#bytes.set(piece, this.#size)
    this.#size = size
  }

  /** The whole body. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  /** Returns what is reserved. */
  release(): void {
    if (this.#released) return
    this.#released = true
    if (this.reserved > 0) this.#queue.release(this.reserved, this.#peer)
    this.reserved = 0
    this.#contract.registry.release()
    this.#bytes = empty
  }

  #reserve(bytes: number): void {
    const { maxBytes } = this.#contract.contract.profile.limits
    this.refusal = this.reserved + bytes > maxBytes ? 'too long' : this.#queue.reserve(bytes, this.#peer)
    if (this.refusal !== undefined) return this.release()
    this.reserved += bytes
  }
}
