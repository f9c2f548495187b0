// The strict JSON reader: bytes or text to a value tree, or the error of the first failed stage, in the fixed order
// size, BOM, UTF-8, depth, grammar, data model.

import { decodeUtf8, isUtf8, isWellFormed, utf8Length } from '#runtime'
import { spend, spendAhead } from '../util/step-budget.ts'
import { int64Of } from './int64.ts'
import { pointerOf } from './pointer.ts'
import { readError, type ReadError } from './read-error.ts'
import { compareKeys, JsonObject, withoutSpare, type JsonArray, type JsonMember, type JsonValue } from './value.ts'

export interface ReadLimits {
  /** Largest text, in bytes of UTF-8. */
  readonly maxBytes: number
  /** Most open brackets at one place. The reader recurses that deep: keep it in the hundreds. */
  readonly maxDepth: number
  /** Most members in one object. */
  readonly maxKeys: number
  /**
   * What integral values beyond ±(2^53 - 1) become. `safe` rejects them and `double` reads them as doubles. `int64` reads
   * those between -2^63 and 2^64 - 1, written without fraction and exponent, as bigint, and rejects the others;
   * `int64-or-double` reads the others as doubles.
   */
  readonly numbers: 'safe' | 'double' | 'int64' | 'int64-or-double'
}

export interface Read {
  readonly ok: true
  readonly value: JsonValue
}

const byteOrderMark = 0xfeff

/** Reads UTF-8 bytes. */
export function readBytes(bytes: Uint8Array, limits: ReadLimits): Read | ReadError {
  if (bytes.length > limits.maxBytes) return readError('limit.bytes')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return readError('parse.bom')
  if (!isUtf8(bytes)) return readError('parse.utf8')
  return readWellFormed(decodeUtf8(bytes), limits)
}

/**
 * Reads JSON text like its UTF-8 bytes; text with a lone surrogate has no such bytes: `parse.lone_surrogate` at the
 * root.
 */
export const readText = (text: string, limits: ReadLimits): Read | ReadError =>
  checkText(text, limits.maxBytes) ?? readWellFormed(text, limits)

/** The stages up to UTF-8, for text. An encoder would turn lone surrogates into U+FFFD. */
export function checkText(text: string, maxBytes: number): ReadError | undefined {
  if (utf8Length(text) > maxBytes) return readError('limit.bytes')
  if (text.charCodeAt(0) === byteOrderMark) return readError('parse.bom')
  return isWellFormed(text) ? undefined : readError('parse.lone_surrogate', '')
}

/**
 * True when more than `maxDepth` brackets are open at one place. Checked before the grammar: brackets are counted
 * outside strings, never below 0, and a backslash escapes only inside a string.
 */
function deeperThan(text: string, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === 0x5c) i++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > maxDepth) return true
    } else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--
  }
  return false
}

function readWellFormed(text: string, limits: ReadLimits): Read | ReadError {
  spendAhead(text.length, depthNanos)
  if (deeperThan(text, limits.maxDepth)) return readError('limit.depth')
  return new Reader(text, limits).document()
}

/** The check of the depth cannot be ended. */
const depthNanos = 2

/** Ends the reading; never thrown to the caller. */
class GrammarError extends Error {}

/**
 * One pass of recursive descent. After the first error of the data model it checks only the grammar, because a grammar
 * error takes precedence.
 */
class Reader {
  readonly #text: string
  readonly #limits: ReadLimits
  readonly #path: (string | number)[] = []
  #at = 0
  #modelError: ReadError | undefined

  constructor(text: string, limits: ReadLimits) {
    this.#text = text
    this.#limits = limits
  }

  document(): Read | ReadError {
    try {
      this.#skipSpace()
      const value = this.#value()
      this.#skipSpace()
      if (this.#at !== this.#text.length) this.#fail()
      return this.#modelError ?? { ok: true, value }
    } catch (error) {
      if (error instanceof GrammarError) return readError('parse.syntax')
      throw error
    }
  }

  #value(): JsonValue {
    spend(1)
    const unit = this.#text.charCodeAt(this.#at)
    if (unit === 0x22) return this.#stringValue()
    if (unit === 0x7b) return this.#object()
    if (unit === 0x5b) return this.#array()
    if (unit === 0x2d || isDigit(unit)) return this.#number()
    if (this.#take('true')) return true
    if (this.#take('false')) return false
    if (this.#take('null')) return null
    return this.#fail()
  }

  #object(): JsonObject {
    const members: JsonMember[] = []
    const seen = new SeenKeys()
    this.#at++
    this.#skipSpace()
    if (this.#take('}')) return new JsonObject(members)
    do {
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail()
      const key = this.#string()
      if (!this.#modelError) this.#checkKey(key, seen, members)
      this.#skipSpace()
      if (!this.#take(':')) this.#fail()
      this.#skipSpace()
      this.#path.push(key)
      const value = this.#value()
      this.#path.pop()
      if (!this.#modelError) members.push({ key, value })
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail()
    if (!seen.areAscending) members.sort((a, b) => compareKeys(a.key, b.key))
    return new JsonObject(withoutSpare(members))
  }

  /** In this order: surrogate, forbidden, duplicate, limit. A key with a lone surrogate has its parent's pointer. */
  #checkKey(key: string, seen: SeenKeys, before: readonly JsonMember[]): void {
    if (!isWellFormed(key)) this.#setModelError('parse.lone_surrogate', this.#path)
    else if (key === '__proto__') this.#setModelError('parse.forbidden_key', [...this.#path, key])
    else if (!seen.add(key, before)) this.#setModelError('parse.duplicate_key', [...this.#path, key])
    else if (before.length >= this.#limits.maxKeys) this.#setModelError('limit.keys', [...this.#path, key])
  }

  #array(): JsonArray {
    const items: JsonArray = []
    let index = 0
    this.#at++
    this.#skipSpace()
    if (this.#take(']')) return items
    do {
      this.#skipSpace()
      this.#path.push(index++)
      const item = this.#value()
      this.#path.pop()
      if (!this.#modelError) items.push(item)
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail()
    return withoutSpare(items)
  }

  #number(): number | bigint {
    const from = this.#at
    this.#take('-')
    if (!this.#take('0')) this.#digits()
    const integerEnd = this.#at
    if (this.#take('.')) this.#digits()
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-')
      this.#digits()
    }
    if (this.#modelError) return 0
    const text = this.#text.slice(from, this.#at)
    const value = Number(text)
    if (!Number.isFinite(value)) this.#setModelError('number.range', this.#path)
    // -0 is 0.
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value + 0
    return this.#largeInteger(value, this.#at === integerEnd ? text : undefined)
  }

  /** An integer beyond ±(2^53 - 1). `digits`: its text, when that has no fraction and no exponent. */
  #largeInteger(value: number, digits: string | undefined): number | bigint {
    const { numbers } = this.#limits
    if (numbers === 'double') return value
    if (numbers !== 'safe' && digits !== undefined) {
      const exact = int64Of(digits, value)
      if (exact !== undefined) return exact
    }
    if (numbers !== 'int64-or-double') this.#setModelError('number.unsafe_integer', this.#path)
    return value
  }

  #digits(): void {
    const from = this.#at
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++
    if (this.#at === from) this.#fail()
  }

  #stringValue(): string {
    const value = this.#string()
    if (!this.#modelError && !isWellFormed(value)) this.#setModelError('parse.lone_surrogate', this.#path)
    return value
  }

  #string(): string {
    const text = this.#text
    const from = this.#at
    let at = from + 1
    let escaped = false
    for (;;) {
      const unit = text.charCodeAt(at)
      if (unit === 0x22) break
      if (unit === 0x5c) {
        escaped = true
        at += this.#escapeLength(at)
      } else if (unit >= 0x20) at++
      // A control character, or the text's end (NaN).
      else this.#fail()
    }
    this.#at = at + 1
    if (!escaped) return text.slice(from + 1, at)
    // Valid JSON by the loop above; V8 only replaces the escapes.
    return this.#modelError ? '' : (JSON.parse(text.slice(from, at + 1)) as string)
  }

  #escapeLength(at: number): number {
    const letter = this.#text.charAt(at + 1)
    if (letter === 'u') {
      for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(this.#text.charCodeAt(i))) this.#fail()
      return 6
    }
    if (letter === '' || !'"\\/bfnrt'.includes(letter)) this.#fail()
    return 2
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
      this.#at++
    }
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #setModelError(code: ReadError['code'], path: readonly (string | number)[]): void {
    this.#modelError ??= readError(code, pointerOf(path))
  }

  #fail(): never {
    throw new GrammarError()
  }
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39
const isHexDigit = (unit: number): boolean =>
  isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66)

/** The keys of one object so far. Ascending keys contain no duplicate, so they need no set. */
class SeenKeys {
  #set: Set<string> | undefined

  get areAscending(): boolean {
    return this.#set === undefined
  }

  /** False for a duplicate of a key in `before`, which holds all earlier members. */
  add(key: string, before: readonly JsonMember[]): boolean {
    const last = before.at(-1)
    if (this.#set === undefined && (last === undefined || key > last.key)) return true
    this.#set ??= new Set(before.map((member) => hashable(member.key)))
    const { size } = this.#set
    return this.#set.add(hashable(key)).size > size
  }
}

/**
 * V8 hashes a string that looks like an array index by its value, without a seed: a payload could put all its keys into
 * one bucket. A prefix restores the seeded hash ('#' itself gets one too, to stay distinct).
 */
function hashable(key: string): string {
  const first = key.charCodeAt(0)
  return isDigit(first) || first === 0x23 ? `#${key}` : key
}
