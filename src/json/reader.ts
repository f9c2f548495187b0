// The grammar and the data model of JSON: the last two stages of read.ts.

import { isWellFormed } from '#runtime'
import type { JsonExpectation } from '../tables/json-expectations.ts'
import { spend } from '../util/step-budget.ts'
import { int64Of } from './int64.ts'
import { pointerOf } from './pointer.ts'
import { positionIn } from './position.ts'
import { readError, type ReadError } from './read-error.ts'
import { SeenKeys } from './seen-keys.ts'
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

/** For a text that is known to be within the limits. */
export const noLimits: ReadLimits = {
  maxBytes: Infinity,
  maxDepth: Infinity,
  maxKeys: Infinity,
  numbers: 'double',
}

export interface Read {
  readonly ok: true
  readonly value: JsonValue
}

/** Ends the reading; never thrown to the caller. */
class GrammarError extends Error {
  readonly expected: JsonExpectation

  constructor(expected: JsonExpectation) {
    super()
    this.expected = expected
  }
}

/**
 * One pass of recursive descent. After the first error of the data model it checks only the grammar, because a grammar
 * error takes precedence.
 */
export class Reader {
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
      const value = this.#value('value')
      this.#skipSpace()
      if (this.#at !== this.#text.length) this.#fail('end')
      return this.#modelError ?? { ok: true, value }
    } catch (error) {
      if (error instanceof GrammarError) {
        return readError('parse.syntax', '', { ...positionIn(this.#text, this.#at), expected: error.expected })
      }
      throw error
    }
  }

  /** `expected`: what may stand here. */
  #value(expected: JsonExpectation): JsonValue {
    spend(1)
    const unit = this.#text.charCodeAt(this.#at)
    if (unit === 0x22) return this.#stringValue()
    if (unit === 0x7b) return this.#object()
    if (unit === 0x5b) return this.#array()
    if (unit === 0x2d || isDigit(unit)) return this.#number()
    if (this.#take('true')) return true
    if (this.#take('false')) return false
    if (this.#take('null')) return null
    return this.#failInLiteral(expected)
  }

  #object(): JsonObject {
    const members: JsonMember[] = []
    const seen = new SeenKeys()
    this.#at++
    this.#skipSpace()
    if (this.#take('}')) return new JsonObject(members)
    let expected: JsonExpectation = 'key-or-end'
    do {
      this.#skipSpace()
      const from = this.#at
      if (this.#text.charCodeAt(from) !== 0x22) this.#fail(expected)
      expected = 'key'
      const key = this.#string()
      if (!this.#modelError) this.#checkKey(key, from, seen, members)
      this.#skipSpace()
      if (!this.#take(':')) this.#fail('colon')
      this.#skipSpace()
      this.#path.push(key)
      const value = this.#value('value')
      this.#path.pop()
      if (!this.#modelError) members.push({ key, value })
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail('comma-or-end')
    if (!seen.areAscending) members.sort((a, b) => compareKeys(a.key, b.key))
    return new JsonObject(withoutSpare(members))
  }

  /** In this order: surrogate, forbidden, duplicate, limit. A key with a lone surrogate has its parent's pointer. */
  #checkKey(key: string, from: number, seen: SeenKeys, before: readonly JsonMember[]): void {
    const { maxKeys } = this.#limits
    if (!isWellFormed(key)) this.#setModelError('parse.lone_surrogate', from)
    else if (key === '__proto__') this.#setModelError('parse.forbidden_key', from, key)
    else if (!seen.add(key, before)) this.#setModelError('parse.duplicate_key', from, key)
    else if (before.length >= maxKeys) this.#setModelError('limit.keys', from, key, { limit: maxKeys })
  }

  #array(): JsonArray {
    const items: JsonArray = []
    let index = 0
    this.#at++
    this.#skipSpace()
    if (this.#take(']')) return items
    let expected: JsonExpectation = 'value-or-end'
    do {
      this.#skipSpace()
      this.#path.push(index++)
      const item = this.#value(expected)
      expected = 'value'
      this.#path.pop()
      if (!this.#modelError) items.push(item)
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail('comma-or-end')
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
    if (!Number.isFinite(value)) this.#setModelError('number.range', from)
    // -0 is 0.
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value + 0
    return this.#largeInteger(value, from, this.#at === integerEnd ? text : undefined)
  }

  /** An integer beyond ±(2^53 - 1). `digits`: its text, when that has no fraction and no exponent. */
  #largeInteger(value: number, from: number, digits: string | undefined): number | bigint {
    const { numbers } = this.#limits
    if (numbers === 'double') return value
    if (numbers !== 'safe' && digits !== undefined) {
      const exact = int64Of(digits, value)
      if (exact !== undefined) return exact
    }
    if (numbers !== 'int64-or-double') this.#setModelError('number.unsafe_integer', from)
    return value
  }

  #digits(): void {
    const from = this.#at
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++
    if (this.#at === from) this.#fail('digit')
  }

  #stringValue(): string {
    const from = this.#at
    const value = this.#string()
    if (!this.#modelError && !isWellFormed(value)) this.#setModelError('parse.lone_surrogate', from)
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
      else this.#fail(at < text.length ? 'character' : 'quote', at)
    }
    this.#at = at + 1
    if (!escaped) return text.slice(from + 1, at)
    // Valid JSON by the loop above; V8 only replaces the escapes.
    return this.#modelError ? '' : (JSON.parse(text.slice(from, at + 1)) as string)
  }

  #escapeLength(at: number): number {
    const letter = this.#text.charAt(at + 1)
    if (letter === 'u') {
      for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(this.#text.charCodeAt(i))) this.#fail('hex-digit', i)
      return 6
    }
    if (letter === '' || !'"\\/bfnrt'.includes(letter)) this.#fail('escape', at + 1)
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

  /** Of the token that starts at `from`, in the member `key` of the current object or in the current value. */
  #setModelError(code: ReadError['code'], from: number, key?: string, params?: { readonly limit: number }): void {
    const path = key === undefined ? this.#path : [...this.#path, key]
    this.#modelError ??= readError(code, pointerOf(path), { ...positionIn(this.#text, from), ...params })
  }

  /** At the first character that no literal has, or where one of the expected things could start. */
  #failInLiteral(expected: JsonExpectation): never {
    const literal = ['true', 'false', 'null'].find((word) => word.charAt(0) === this.#text.charAt(this.#at))
    if (literal === undefined) return this.#fail(expected)
    let length = 1
    while (this.#text.charAt(this.#at + length) === literal.charAt(length)) length++
    return this.#fail('literal', this.#at + length)
  }

  #fail(expected: JsonExpectation, at: number = this.#at): never {
    this.#at = at
    throw new GrammarError(expected)
  }
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39
const isHexDigit = (unit: number): boolean =>
  isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66)
