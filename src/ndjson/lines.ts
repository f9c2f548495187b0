// Newline-delimited JSON as a source of `processor.stream`.

import { check, invalidOptions, type Rule, type SidelaneError } from '../model/index.ts'
import { integer } from '../util/option-parsers.ts'
import { openerOf, type SourceIterator } from '../util/source-iterator.ts'
import { isBytes } from '../util/typed-array.ts'
import { LineSplitter, type Line } from './line-splitter.ts'

/** Chunks of NDJSON: a file, a socket, a Web stream or a generator; or all of it. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | Uint8Array | string

/** Options of `lines` and `numberedLines`. */
export interface LinesOptions {
  /** The longest line, in bytes, without its line end. Default 67,108,864, the largest `maxBytes` of a contract. */
  readonly maxBytes?: number | undefined
}

const defaultMaxBytes = 67_108_864

const rules: Readonly<Record<keyof LinesOptions, Rule>> = { maxBytes: integer(1) }

/**
 * The payloads of newline-delimited JSON, as a source for `processor.stream`. Lines end with `\n` or `\r\n`; the last
 * line end is optional; empty lines are skipped. A line that is too long is replaced by a `SidelaneError`
 * (`limit.bytes`, `params.line`): its bytes are discarded and the next line is read as usual.
 *
 * A payload may be a view on its chunk: the source must not write to a chunk after yielding it. Leaving the loop closes the
 * source, a stream of Node or of the Web at once. Throws `options.invalid`, also for a chunk that is neither bytes nor text.
 */
export const lines = (
  source: ByteSource,
  options: LinesOptions = {},
): AsyncIterableIterator<Uint8Array | SidelaneError> =>
  new LineIterator('lines', source, options, ({ payload }) => payload)

/** Like `lines`, with the number of each line. Throws `options.invalid`. */
export const numberedLines = (source: ByteSource, options: LinesOptions = {}): AsyncIterableIterator<Line> =>
  new LineIterator('numberedLines', source, options, (line) => line)

/** `return` does not wait for a pending `next`, as that of a generator would. */
class LineIterator<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #open: () => SourceIterator<unknown>
  readonly #splitter: LineSplitter
  readonly #pick: (line: Line) => T
  readonly #encode = textEncoder()
  #chunks: SourceIterator<unknown> | undefined
  /** `next` of the source has not resolved. */
  #isReading = false
  #found: Iterator<Line, void> = [].values()
  /** The source has ended: what was found is the rest. */
  #isRest = false
  #ended = false
  #latest: Promise<unknown> = Promise.resolve()

  constructor(where: string, source: ByteSource, options: LinesOptions, pick: (line: Line) => T) {
    check(where, options, rules)
    // Text and bytes are iterable, but as characters and numbers.
    const open = openerOf<unknown>(typeof source === 'string' || isBytes(source) ? [source] : source)
    if (open === undefined) throw invalidOptions('Expected `source` to be bytes, a text, or an iterable of such chunks')
    this.#open = open
    this.#splitter = new LineSplitter(options.maxBytes ?? defaultMaxBytes)
    this.#pick = pick
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T, void>> {
    const result = this.#latest.then(this.#next, this.#next)
    this.#latest = result
    return result
  }

  /** `reason` is for the source, as that of a cancelled stream of the Web. */
  async return(reason?: unknown): Promise<IteratorResult<T, void>> {
    if (!this.#ended) {
      this.#ended = true
      const waits = this.#isReading
      const closed = this.#close(reason)
      // A source with a pending `next` may never resolve it.
      if (waits) closed.catch(() => {})
      else await closed
    }
    return { done: true, value: undefined }
  }

  readonly #next = async (): Promise<IteratorResult<T, void>> => {
    try {
      while (!this.#ended) {
        const { done, value } = this.#found.next()
        if (done !== true) return { done: false, value: this.#pick(value) }
        if (this.#isRest) this.#ended = true
        else this.#found = await this.#read()
      }
    } catch (error) {
      // Closing a source may break its pending `next`.
      if (!this.#ended) {
        this.#ended = true
        throw error
      }
    }
    return { done: true, value: undefined }
  }

  /** The lines that end in the next chunk. */
  async #read(): Promise<Iterator<Line, void>> {
    this.#chunks ??= this.#open()
    this.#isReading = true
    const { done, value } = await this.#chunks.next()
    this.#isReading = false
    if (done === true) {
      this.#isRest = true
      return this.#rest()
    }
    if (typeof value === 'string') return this.#splitter.split(this.#encode(value))
    if (isBytes(value)) return this.#splitter.split(value)
    const error = invalidOptions('Expected the chunks of `source` to be Uint8Arrays or strings')
    await this.#close(error).catch(() => {})
    throw error
  }

  *#rest(): Generator<Line, void, undefined> {
    yield* this.#splitter.split(this.#encode('', true))
    yield* this.#splitter.end()
  }

  async #close(reason: unknown): Promise<void> {
    this.#chunks ??= this.#open()
    await this.#chunks.return?.(reason)
  }
}

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
