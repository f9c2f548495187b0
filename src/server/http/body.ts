// The body of a `process` request while it arrives: room is reserved before there is memory, and none is kept beyond the
// contract's limit. The contract stays compiled as long as it or its job needs it.

import type { Served } from '../contracts.ts'
import type { Refusal, Service } from '../service.ts'

const empty = new Uint8Array()

export class Body {
  /** Why it is not taken; then it holds nothing. */
  refusal: Refusal | 'too long' | undefined
  /** Bytes that are reserved for it. */
  reserved = 0
  readonly #service: Service
  readonly #served: Served
  readonly #known: boolean
  #bytes: Uint8Array = empty
  #pieces: Uint8Array[] = []
  #size = 0
  #over = false

  constructor(service: Service, served: Served, length: number | 'chunked') {
    this.#service = service
    this.#served = served
    served.table.retain()
    this.#known = length !== 'chunked'
    this.#reserve(length === 'chunked' ? 0 : length)
  }

  /** A copy is kept. */
  add(piece: Uint8Array): void {
    if (this.#known) {
      // Not before the first byte is here: a promise needs no memory.
      if (this.#size === 0) this.#bytes = Buffer.allocUnsafe(this.reserved)
      this.#bytes.set(piece, this.#size)
    } else {
      this.#reserve(piece.length)
      if (this.refusal !== undefined) return
      this.#pieces.push(piece.slice())
    }
    this.#size += piece.length
  }

  /** The whole of it. */
  take(): Uint8Array {
    return this.#known ? this.#bytes : Buffer.concat(this.#pieces)
  }

  /** It is not wanted: gives back what it has. */
  release(): void {
    if (this.#over) return
    this.#over = true
    if (this.reserved > 0) this.#service.release(this.reserved)
    this.reserved = 0
    this.#served.table.release()
    this.#bytes = empty
    this.#pieces = []
  }

  #reserve(bytes: number): void {
    const { maxBytes } = this.#served.contract.profile.limits
    this.refusal = this.reserved + bytes > maxBytes ? 'too long' : this.#service.reserve(bytes)
    if (this.refusal !== undefined) return this.release()
    this.reserved += bytes
  }
}
