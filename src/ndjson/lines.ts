// Newline-delimited JSON → one payload a line, as bytes and without reading any of it. What a line holds is the
// processor's business.

import { SidelaneError } from '../model/index.ts'

/** What comes out of a file, a socket, a Web stream or a generator. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** How `lines` splits. */
export interface LinesOptions {
  /** The longest line, in bytes, its end not counted. Default 67,108,864: no contract takes more. */
  readonly maxBytes?: number
}

/** A line with something on it. */
export interface Line {
  /** Counted from 1, empty lines too. */
  readonly number: number
  /** The line without its end, or `limit.bytes` for one that is too long. */
  readonly payload: Uint8Array | SidelaneError
}

const newline = 0x0a
const carriageReturn = 0x0d
const mostBytes = 67_108_864

/**
 * The payloads of newline-delimited JSON, as a source for `processor.stream`. Lines end with `\n` or `\r\n`; the last
 * one needs no end; empty lines are left out. A line that is too long comes out as a `SidelaneError` in its place
 * (`limit.bytes`, `params.line`), none of it is kept, and the next line is read as if nothing had happened.
 *
 * A payload may share memory with the chunk that it came in: a source must not write to a chunk that it has given.
 * Throws `options.invalid`.
 */
export async function* lines(
  source: ByteSource,
  options: LinesOptions = {},
): AsyncGenerator<Uint8Array | SidelaneError, void, undefined> {
  for await (const { payload } of numberedLines(source, options)) yield payload
}

/** As `lines`, each with its number. */
export async function* numberedLines(
  source: ByteSource,
  options: LinesOptions = {},
): AsyncGenerator<Line, void, undefined> {
  const splitter = new Splitter(options.maxBytes ?? mostBytes)
  const encode = textEncoder()
  for await (const chunk of source) yield* splitter.split(typeof chunk === 'string' ? encode(chunk) : chunk)
  yield* splitter.split(encode('', true))
  yield* splitter.rest()
}

class Splitter {
  readonly #maxBytes: number
  #number = 1
  /** The pieces of a line that began in an earlier chunk. */
  #pieces: Uint8Array[] = []
  #bytes = 0
  #tooLong = false

  constructor(maxBytes: number) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new SidelaneError('options.invalid', { message: 'Expected `maxBytes` to be an integer ≥ 1' })
    }
    this.#maxBytes = maxBytes
  }

  *split(chunk: Uint8Array): Generator<Line, void, undefined> {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end))
      yield* this.#end()
      from = end + 1
    }
    this.#add(chunk.subarray(from))
  }

  /** The last line, when nothing ends it. */
  *rest(): Generator<Line, void, undefined> {
    yield* this.#end()
  }

  #add(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#bytes += piece.length
    // One more: it may turn out to be the `\r` of the line's end.
    if (this.#bytes > this.#maxBytes + 1) {
      this.#tooLong = true
      this.#pieces = []
    } else {
      this.#pieces.push(piece)
    }
  }

  *#end(): Generator<Line, void, undefined> {
    const number = this.#number++
    const payload = this.#tooLong ? undefined : withoutReturn(joined(this.#pieces, this.#bytes))
    this.#pieces = []
    this.#bytes = 0
    this.#tooLong = false
    if (payload === undefined || payload.length > this.#maxBytes) {
      const message = `Line ${number} is longer than ${this.#maxBytes} bytes.`
      yield { number, payload: new SidelaneError('limit.bytes', { message, params: { line: number } }) }
    } else if (payload.length > 0) {
      yield { number, payload }
    }
  }
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return first
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

const withoutReturn = (line: Uint8Array): Uint8Array =>
  line.at(-1) === carriageReturn ? line.subarray(0, line.length - 1) : line

/** Text as UTF-8, also where two chunks share a character. */
function textEncoder(): (text: string, isLast?: boolean) => Uint8Array {
  const encoder = new TextEncoder()
  let half = ''
  return (text, isLast = false) => {
    const whole = half + text
    const last = whole.charCodeAt(whole.length - 1)
    // A high surrogate waits for its other half.
    half = !isLast && last >= 0xd800 && last <= 0xdbff ? whole.slice(-1) : ''
    return encoder.encode(half === '' ? whole : whole.slice(0, -1))
  }
}
