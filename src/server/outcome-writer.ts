// Where outcomes and faults are written: the memory that the request provides, or scratch memory that is reused.

import { framedTexts } from '../tables/daemon-texts.ts'
import { encodeFault, SidelaneError } from '../model/index.ts'

/** Memory for an outcome. */
export interface Output {
  bytes: Uint8Array
  /** Where the outcome begins; what is in front of it belongs to the connection. */
  at: number
}

/** A request, as far as its output is concerned. */
export interface OutputOwner {
  readonly maxOutcomeBytes: number
  outputFor(bytes: number): Output | undefined
}

/** Writes to `bytes` at `at`; returns the size, or the negated size that is needed. */
export type Write = (bytes: Uint8Array, at: number) => number

/** What an outcome takes beyond its payload: the heads, a digest, a few issues. */
export const typicalBytes = 2048
const scratchBytes = 64 * 1024
const maxKeptBytes = 8 * 1024 * 1024

export class OutcomeWriter {
  /** Where the last outcome is. */
  output: Output = { bytes: new Uint8Array(scratchBytes), at: 0 }
  #scratch: Output = this.output

  /** Writes an outcome of about `bytes` to `output` and returns its size; `limit.output` if it is too long for the owner. */
  write(owner: OutputOwner, bytes: number, write: Write): number {
    const max = owner.maxOutcomeBytes
    let size = this.#attempt(owner, bytes, write)
    if (size < 0 && -size <= max) size = this.#attempt(owner, -size, write)
    if (size >= 0 && size <= max) return size
    return this.#attempt(owner, typicalBytes, writeTooLong)
  }

  #attempt(owner: OutputOwner, bytes: number, write: Write): number {
    this.output = owner.outputFor(bytes) ?? this.#scratchFor(bytes)
    return write(this.output.bytes, this.output.at)
  }

  #scratchFor(bytes: number): Output {
    const { length } = this.#scratch.bytes
    if (bytes > length || (length > maxKeptBytes && bytes <= scratchBytes)) {
      this.#scratch = { bytes: new Uint8Array(Math.max(scratchBytes, 2 ** Math.ceil(Math.log2(bytes)))), at: 0 }
    }
    return this.#scratch
  }
}

const tooLong = new SidelaneError('limit.output', { message: framedTexts.responseTooLong })
const writeTooLong: Write = (bytes, at) => encodeFault(tooLong, bytes, at)
