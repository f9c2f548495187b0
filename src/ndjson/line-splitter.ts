// Splits newline-delimited JSON into lines of bytes. The JSON itself is not parsed here.

import { SidelaneError } from '../model/index.ts'
import { JoinedBytes } from '../util/joined-bytes.ts'
import { isBytes } from '../util/typed-array.ts'
import { carriageReturn, newline } from './json-bytes.ts'

/** A line that is not empty. */
export interface Line {
  /** From 1; empty lines are counted. */
  readonly number: number
  /** The line without its line end, or `limit.bytes` where the line is too long. */
  readonly payload: Uint8Array | SidelaneError
}

/** Splits chunks of bytes into lines. Each line is a view on a chunk, or a copy where it spans several. */
export class LineSplitter {
  readonly #maxBytes: number
  #number = 1
  readonly #line: JoinedBytes
  #tooLong = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    // One byte more than the limit: it may be the `\r` of the line end.
    this.#line = new JoinedBytes(maxBytes + 1)
  }

  /** The lines that end in this chunk. The chunk must not be written to afterwards. */
  *split(chunk: Uint8Array): Generator<Line, void, undefined> {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end))
      yield* this.end()
      from = end + 1
    }
    this.#add(chunk.subarray(from))
  }

  #add(part: Uint8Array): void {
    this.#tooLong ||= !this.#line.add(part)
  }

  /** True as soon as the current line is too long, before its end. */
  get isTooLong(): boolean {
    return this.#tooLong
  }

  /** Ends the current line: at the end of the input it is the last one, if no `\n` ended it. */
  *end(): Generator<Line, void, undefined> {
    const number = this.#number++
    const payload = this.#tooLong ? undefined : withoutReturn(this.#line.take())
    this.#tooLong = false
    if (payload === undefined || payload.length > this.#maxBytes) {
      const message = `Line ${number} is longer than ${this.#maxBytes} bytes.`
      yield { number, payload: new SidelaneError('limit.bytes', { message, params: { line: number } }) }
    } else if (payload.length > 0) {
      yield { number, payload }
    }
  }
}

/** True for a line of nothing but spaces, tabs and carriage returns. */
export function isBlank({ payload }: Line): boolean {
  if (!isBytes(payload)) return false
  for (const byte of payload) if (byte !== 0x20 && byte !== 0x09 && byte !== carriageReturn) return false
  return true
}

const withoutReturn = (line: Uint8Array): Uint8Array =>
  line.at(-1) === carriageReturn ? line.subarray(0, line.length - 1) : line
