// Decides from the start of an input whether it holds a payload a line, or JSON that goes on over line ends.

import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  isSpace,
  minus,
  newline,
  openBrace,
  openBracket,
  quote,
} from './json-bytes.ts'

export type InputLayout =
  /** NDJSON: each line is a payload. */
  | 'lines'
  /** JSON values with any white space between and in them. */
  | 'values'
  /** The same, and it begins with an array whose items are the payloads. */
  | 'items'

export interface LayoutOptions {
  /** Longest line that is looked at. */
  readonly maxBytes: number
  /** The contract accepts an array: a line that is an array is a payload. */
  readonly acceptsArrays: boolean
}

/** Deeper brackets than any contract allows: such a line is no start of a document. */
const maxDepth = 1024

const isWordByte = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a)
const startsValue = (byte: number): boolean =>
  byte === quote || byte === openBrace || byte === openBracket || byte === minus || isWordByte(byte)

/**
 * Reads bytes until the layout is known. The first line decides: it is NDJSON where the line is a whole value or no JSON
 * at all; a document where the line ends inside of brackets and what follows continues it by the grammar. `[` alone is
 * enough where the contract accepts no array.
 */
export class LayoutDetector {
  readonly #options: LayoutOptions
  /** The open brackets. */
  readonly #stack: number[] = []
  #begun = false
  #inString = false
  #escaped = false
  #lineEnded = false
  /** The latest byte that is not white space, outside of strings; a string is its closing quote. */
  #last = 0
  #bytes = 0

  constructor(options: LayoutOptions) {
    this.#options = options
  }

  /** undefined: more bytes are needed. */
  add(chunk: Uint8Array): InputLayout | undefined {
    for (const byte of chunk) {
      const layout = this.#read(byte)
      if (layout !== undefined) return layout
      if (++this.#bytes > this.#options.maxBytes) return 'lines'
    }
    return undefined
  }

  #read(byte: number): InputLayout | undefined {
    if (this.#inString) {
      if (byte === newline) return 'lines'
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) {
        this.#inString = false
        this.#last = quote
      }
      return undefined
    }
    if (byte === newline && this.#begun) {
      if (this.#stack.length === 0) return 'lines'
      this.#lineEnded = true
      return undefined
    }
    if (isSpace(byte)) return undefined
    if (!this.#begun) return this.#begin(byte)
    if (this.#lineEnded) return this.#continues(byte) ? 'values' : 'lines'
    this.#last = byte
    if (byte === quote) this.#inString = true
    else if (byte === openBrace || byte === openBracket) this.#stack.push(byte)
    else if (byte === closeBrace || byte === closeBracket) this.#stack.pop()
    return this.#stack.length > maxDepth ? 'lines' : undefined
  }

  #begin(byte: number): InputLayout | undefined {
    if (byte === openBracket && !this.#options.acceptsArrays) return 'items'
    if (byte !== openBrace && byte !== openBracket) return 'lines'
    this.#begun = true
    this.#last = byte
    this.#stack.push(byte)
    return undefined
  }

  /** True when the grammar allows `next` behind the first line. */
  #continues(next: number): boolean {
    const isObject = this.#stack.at(-1) === openBrace
    switch (this.#last) {
      case openBrace:
        return next === quote || next === closeBrace
      case openBracket:
        return next === closeBracket || startsValue(next)
      case comma:
        return isObject ? next === quote : startsValue(next)
      case colon:
        return startsValue(next)
      default:
        return next === comma || next === (isObject ? closeBrace : closeBracket) || (isObject && next === colon)
    }
  }
}
