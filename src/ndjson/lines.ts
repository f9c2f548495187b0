// Splits newline-delimited JSON into lines of bytes. The JSON itself is not parsed here.

import { SidelaneError } from '../model/index.ts'

/** Chunks of NDJSON: a file, a socket, a Web stream or a generator. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** Options of `lines` and `numberedLines`. */
export interface LinesOptions {
  /** The longest line, in bytes, without its line end. Default 67,108,864, the largest `maxBytes` of a contract. */
  readonly maxBytes?: number
}

/** A line that is not empty. */
export interface Line {
  /** From 1; empty lines are counted. */
  readonly number: number
  /** The line without its line end, or `limit.bytes` where the line is too long. */
  readonly payload: Uint8Array | SidelaneError
}

const newline = 0x0a
const carriageReturn = 0x0d
const defaultMaxBytes = 67_108_864

/**
 * The payloads of newline-delimited JSON, as a source for `processor.stream`. Lines end with `\n` or `\r\n`; the last
 * line end is optional; empty lines are skipped. A line that is too long is replaced by a `SidelaneError`
 * (`limit.bytes`, `params.line`): its bytes are discarded and the next line is read as usual.
 *
 * A payload may be a view on its chunk: the source must not write to a chunk after yielding it.
 * Throws `options.invalid`.
 */
export async function* lines(
  source: ByteSource,
  options: LinesOptions = {},
): AsyncGenerator<Uint8Array | SidelaneError, void, undefined> {
  for await (const { payload } of numberedLines(source, options)) yield payload
}

/** Like `lines`, with the number of each line. Throws `options.invalid`. */
export async function* numberedLines(
  source: ByteSource,
  options: LinesOptions = {},
): AsyncGenerator<Line, void, undefined> {
  const splitter = new LineSplitter(options.maxBytes)
  const encode = textEncoder()
  for await (const chunk of source) yield* splitter.split(typeof chunk === 'string' ? encode(chunk) : chunk)
  yield* splitter.split(encode('', true))
  yield* splitter.end()
}

/** Splits chunks of bytes into lines. Each line is a view on a chunk, or a copy where it spans several. */
export class LineSplitter {
  readonly #maxBytes: number
  #number = 1
  /** The parts of a line that began in an earlier chunk. */
  #parts: Uint8Array[] = []
  #bytes = 0
  #tooLong = false

  /** Throws `options.invalid`. */
  constructor(maxBytes: number = defaultMaxBytes) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new SidelaneError('options.invalid', { message: 'Expected `maxBytes` to be an integer ≥ 1' })
    }
    this.#maxBytes = maxBytes
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
    if (part.length === 0) return
    this.#bytes += part.length
    // One byte more than the limit: it may be the `\r` of the line end.
    if (this.#bytes > this.#maxBytes + 1) {
      this.#tooLong = true
      this.#parts = []
    } else {
      this.#parts.push(part)
    }
  }

  /** True as soon as the current line is too long, before its end. */
  get isTooLong(): boolean {
    return this.#tooLong
  }

  /** Ends the current line: at the end of the input it is the last one, if no `\n` ended it. */
  *end(): Generator<Line, void, undefined> {
    const number = this.#number++
    const payload = this.#tooLong ? undefined : withoutReturn(joined(this.#parts, this.#bytes))
    this.#parts = []
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

/** True for a line of nothing but spaces, tabs and carriage returns. */
export function isBlank({ payload }: Line): boolean {
  if (!(payload instanceof Uint8Array)) return false
  for (const byte of payload) if (byte !== 0x20 && byte !== 0x09 && byte !== carriageReturn) return false
  return true
}

/** The parts of one line or value; a single part is returned itself. */
export function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const withoutReturn = (line: Uint8Array): Uint8Array =>
  line.at(-1) === carriageReturn ? line.subarray(0, line.length - 1) : line

/** Encodes chunks of text as UTF-8. A surrogate pair may be split between two chunks. */
function textEncoder(): (text: string, isLast?: boolean) => Uint8Array {
  const encoder = new TextEncoder()
  let pending = ''
  return (text, isLast = false) => {
    const whole = pending + text
    const last = whole.charCodeAt(whole.length - 1)
    pending = !isLast && last >= 0xd800 && last <= 0xdbff ? whole.slice(-1) : ''
    return encoder.encode(pending === '' ? whole : whole.slice(0, -1))
  }
}
