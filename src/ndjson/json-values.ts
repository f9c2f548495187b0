// Splits JSON values that may span lines, as pretty-printing writes them, into the bytes of each value. Only strings and
// brackets are read here: whether a value is valid JSON is decided by the engine that gets its bytes.

import { SidelaneError } from '../model/index.ts'
import { JoinedBytes } from '../util/joined-bytes.ts'
import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  isSpace,
  newline,
  openBrace,
  openBracket,
  quote,
} from './json-bytes.ts'
import type { Line } from './line-splitter.ts'

export interface JsonValuesOptions {
  /** The longest value, in bytes. */
  readonly maxBytes: number
  /** The values are the items of the arrays at the top, not the arrays themselves. */
  readonly unpacksArrays: boolean
}

/** One value, or an error in its place. */
export interface NumberedValue extends Line {
  /** The line where the value begins, from 1. */
  readonly number: number
  /** Which value of the input it is, from 1; errors between two values are counted. */
  readonly item: number
}

/** Where the reader is while no value is open. */
type Place =
  /** Outside of any array whose items are the values. */
  | 'top'
  /** Behind the `[` of such an array. */
  | 'first item'
  /** Behind a comma of it. */
  | 'next item'
  /** Behind an item of it. */
  | 'separator'

/** What is open. A `word` is a value without brackets. */
type Open = 'nothing' | 'word' | 'brackets'

/**
 * Splits chunks of bytes into JSON values, in time linear in the input and memory bounded by `maxBytes`. A longer value is
 * replaced by `limit.bytes`, and a missing value, comma or end of an array by `parse.syntax`, each with the line in `params`.
 */
export class JsonValueSplitter {
  readonly #maxBytes: number
  readonly #unpacksArrays: boolean
  #place: Place = 'top'
  #open: Open = 'nothing'
  /** The current value has ended. */
  #isComplete = false
  #inString = false
  #escaped = false
  /** Open brackets of the current value. */
  #depth = 0
  #line = 1
  #arrayLine = 1
  #valueLine = 1
  #items = 0
  /** The current value; empty once it is too long. */
  readonly #value: JoinedBytes
  #isTooLong = false

  constructor({ maxBytes, unpacksArrays }: JsonValuesOptions) {
    this.#maxBytes = maxBytes
    this.#value = new JoinedBytes(maxBytes)
    this.#unpacksArrays = unpacksArrays
  }

  /** The values that end in this chunk. The chunk must not be written to afterwards. */
  *split(chunk: Uint8Array): Generator<NumberedValue, void, undefined> {
    for (let at = 0; at < chunk.length;) {
      if (this.#open === 'nothing') {
        const byte = chunk[at] as number
        const isStart = !isSpace(byte) && (yield* this.#readBetween(byte))
        if (!isStart) {
          if (byte === newline) this.#line++
          at++
          continue
        }
        this.#begin(byte)
      }
      const from = at
      at = this.#open === 'word' ? this.#skipWord(chunk, at) : this.#skipBrackets(chunk, at)
      this.#add(chunk.subarray(from, at))
      if (this.#isComplete) yield this.#end()
    }
  }

  /** The end of the input. */
  *end(): Generator<NumberedValue, void, undefined> {
    // An incomplete value is refused by the engine, at its end.
    if (this.#open !== 'nothing') yield this.#end()
    if (this.#place !== 'top') yield this.#error(this.#arrayLine, 'The array that begins on line {line} has no end.')
    this.#place = 'top'
  }

  /** True as soon as the current value is too long, before its end. */
  get isTooLong(): boolean {
    return this.#isTooLong
  }

  /** Reads on in a value with brackets, to behind its last one or to the end of the chunk. */
  #skipBrackets(chunk: Uint8Array, from: number): number {
    let depth = this.#depth
    let at = from
    while (at < chunk.length) {
      if (this.#inString) {
        at = this.#skipString(chunk, at)
        continue
      }
      const byte = chunk[at++] as number
      if (byte === quote) this.#inString = true
      else if (byte === newline) this.#line++
      else if (byte === openBrace || byte === openBracket) depth++
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        this.#isComplete = true
        break
      }
    }
    this.#depth = depth
    return at
  }

  /** The same in a value without brackets: up to what ends it. */
  #skipWord(chunk: Uint8Array, from: number): number {
    // The first byte may be one that ends a word, such as a comma at the top: it is one of its own.
    let at = this.#value.size === 0 && !this.#isTooLong && chunk[from] !== quote ? from + 1 : from
    while (at < chunk.length) {
      if (this.#inString) {
        at = this.#skipString(chunk, at)
      } else if (endsWord(chunk[at] as number)) {
        this.#isComplete = true
        break
      } else if (chunk[at++] === quote) this.#inString = true
    }
    return at
  }

  /** Reads on in a string, to behind its quote. */
  #skipString(chunk: Uint8Array, from: number): number {
    let at = from
    let escaped = this.#escaped
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === newline) this.#line++
      if (escaped) escaped = false
      else if (byte === backslash) escaped = true
      else if (byte === quote) {
        this.#inString = false
        at++
        break
      }
    }
    this.#escaped = escaped
    return at
  }

  /** Reads a byte outside of values; true where a value begins with it. */
  *#readBetween(byte: number): Generator<NumberedValue, boolean, undefined> {
    if (this.#place === 'top') {
      if (byte !== openBracket || !this.#unpacksArrays) return true
      this.#place = 'first item'
      this.#arrayLine = this.#line
      return false
    }
    const expectsValue = this.#place === 'first item' || this.#place === 'next item'
    if (byte === comma) {
      if (expectsValue) yield this.#error(this.#line, 'Line {line}: expected a value before ",".')
      this.#place = 'next item'
      return false
    }
    if (byte === closeBracket) {
      if (this.#place === 'next item') yield this.#error(this.#line, 'Line {line}: expected a value before "]".')
      this.#place = 'top'
      return false
    }
    if (!expectsValue) yield this.#error(this.#line, 'Line {line}: expected "," or "]" behind an item of the array.')
    return true
  }

  #begin(byte: number): void {
    this.#open = byte === openBrace || byte === openBracket ? 'brackets' : 'word'
    this.#valueLine = this.#line
    this.#depth = 0
    if (this.#place !== 'top') this.#place = 'separator'
  }

  #add(part: Uint8Array): void {
    this.#isTooLong ||= !this.#value.add(part)
  }

  #end(): NumberedValue {
    const number = this.#valueLine
    const item = ++this.#items
    const payload = this.#isTooLong ? tooLong(number, this.#maxBytes) : this.#value.take()
    this.#isTooLong = false
    this.#open = 'nothing'
    this.#isComplete = false
    this.#inString = false
    this.#escaped = false
    return { number, item, payload }
  }

  #error(line: number, text: string): NumberedValue {
    const message = text.replace('{line}', String(line))
    return {
      number: line,
      item: ++this.#items,
      payload: new SidelaneError('parse.syntax', { message, params: { line } }),
    }
  }
}

const tooLong = (line: number, maxBytes: number): SidelaneError =>
  new SidelaneError('limit.bytes', {
    message: `The value that begins on line ${line} is longer than ${maxBytes} bytes.`,
    params: { line },
  })

const endsWord = (byte: number): boolean =>
  isSpace(byte) || byte === comma || byte === closeBracket || byte === openBrace || byte === openBracket
