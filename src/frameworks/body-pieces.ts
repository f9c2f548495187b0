// The pieces of a body as its stream gives them, counted and as bytes. A stream of the app may hold text.

import { invalidOptions, SidelaneError, type Codec } from '../model/index.ts'
import { misuseTexts } from '../tables/framework-texts.ts'
import { encodeUtf8, isWellFormed } from '#runtime'

export const tooLong = (): SidelaneError => new SidelaneError('limit.bytes')

export const corrupt = (codec: Codec, cause?: unknown): SidelaneError =>
  new SidelaneError('codec.corrupt', { params: { codec }, cause })

/** No UTF-8 holds it. */
const illFormed = 0xff

export class BodyPieces {
  readonly #maxBytes: number
  readonly #isCoded: boolean
  /** The first half of a pair of surrogates, whose other half is in the next piece. */
  #high = ''
  #size = 0
  /** The last four bytes, little-endian. */
  #tail = 0

  /** `isCoded`: text cannot hold the bytes. */
  constructor(maxBytes: number, isCoded: boolean) {
    this.#maxBytes = maxBytes
    this.#isCoded = isCoded
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /** Throws `limit.bytes`, and `options.invalid` for a piece that holds no bytes. */
  bytesOf(piece: unknown): Uint8Array {
    return this.#counted(typeof piece === 'string' ? this.#encode(piece) : viewOf(piece))
  }

  /** What is left at the end of the stream. */
  end(): Uint8Array {
    const rest = this.#high
    this.#high = ''
    return this.#counted(utf8Of(rest))
  }

  #encode(piece: string): Uint8Array {
    if (this.#isCoded) throw invalidOptions(misuseTexts.codedText)
    // Each unit has a byte at least.
    if (this.#size + piece.length > this.#maxBytes) throw tooLong()
    const text = this.#high + piece
    this.#high = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
    return utf8Of(this.#high === '' ? text : text.slice(0, -1))
  }

  /**
   * Whether gzip of this content has one member, and ends with it: a member ends with the size of its content. Decoders of some
   * runtimes continue with a next member, or ignore zeros behind the last one.
   */
  isOneMember(contentBytes: number): boolean {
    return this.#tail >>> 0 === contentBytes
  }

  #counted(bytes: Uint8Array): Uint8Array {
    const { length } = bytes
    this.#size += length
    if (this.#size > this.#maxBytes) throw tooLong()
    for (let at = Math.max(0, length - 4); at < length; at++) {
      this.#tail = (this.#tail >>> 8) | ((bytes[at] as number) << 24)
    }
    return bytes
  }
}

/** Also of arrays of another realm. */
function viewOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  if (!ArrayBuffer.isView(piece)) throw invalidOptions(misuseTexts.noBytes)
  return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
}

/** A lone surrogate has no UTF-8, and U+FFFD would change the payload: it is refused where it stands. */
function utf8Of(text: string): Uint8Array {
  if (isWellFormed(text)) return encodeUtf8(text)
  const runs = text.split(/\p{Surrogate}/u).map((run) => encodeUtf8(run))
  const bytes = new Uint8Array(runs.reduce((size, run) => size + run.length + 1, -1)).fill(illFormed)
  let at = 0
  for (const run of runs) {
    bytes.set(run, at)
    at += run.length + 1
  }
  return bytes
}
