// The strict JSON reader: bytes or text to a value tree, or the refusal of the first stage that fails, in the fixed
// order size, BOM, UTF-8, depth, grammar, data model. Normalizing and validating come later and elsewhere.

import { decodeUtf8, isUtf8, isWellFormed, utf8Length } from '#runtime'
import { pointerOf } from './pointer.ts'
import { refuse, type ModelCode, type Refusal } from './read-error.ts'
import { compareKeys, JsonObject, type JsonArray, type JsonMember, type JsonValue } from './value.ts'

export interface ReadLimits {
  /** Largest text, in bytes of UTF-8. */
  readonly maxBytes: number
  /** Most open brackets at one place. The reader recurses that deep: keep it in the hundreds. */
  readonly maxDepth: number
  /** Most members in one object. */
  readonly maxKeys: number
  /** `safe` refuses integral values beyond 2^53 - 1. */
  readonly numbers: 'safe' | 'double'
}

export interface Read {
  readonly ok: true
  readonly value: JsonValue
}

const byteOrderMark = 0xfeff

/** Reads UTF-8 bytes. */
export function readBytes(bytes: Uint8Array, limits: ReadLimits): Read | Refusal {
  if (bytes.length > limits.maxBytes) return refuse('limit.bytes')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return refuse('parse.bom')
  if (!isUtf8(bytes)) return refuse('parse.utf8')
  return readWellFormed(decodeUtf8(bytes), limits)
}

/** Reads JSON text as the bytes of its UTF-8 form; text that has no such form is `parse.lone_surrogate` at the root. */
export const readText = (text: string, limits: ReadLimits): Read | Refusal =>
  checkText(text, limits.maxBytes) ?? readWellFormed(text, limits)

/** The stages that text can fail before it has bytes, in their order: an encoder would turn surrogates into U+FFFD. */
export function checkText(text: string, maxBytes: number): Refusal | undefined {
  if (utf8Length(text) > maxBytes) return refuse('limit.bytes')
  if (text.charCodeAt(0) === byteOrderMark) return refuse('parse.bom')
  return isWellFormed(text) ? undefined : refuse('parse.lone_surrogate', '')
}

/**
 * True when more than `maxDepth` brackets are open at one place. A property of the text, decided before the grammar:
 * brackets are counted outside strings, never below 0, and a backslash escapes only inside a string.
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

function readWellFormed(text: string, limits: ReadLimits): Read | Refusal {
  if (deeperThan(text, limits.maxDepth)) return refuse('limit.depth')
  return new Reader(text, limits).document()
}

/** Ends the reading; never leaves this file. */
class GrammarError extends Error {}

/**
 * One pass of recursive descent. On the first data-model trouble it goes on for the grammar alone, building nothing:
 * trouble counts only in text whose grammar is right.
 */
class Reader {
  readonly #text: string
  readonly #limits: ReadLimits
  readonly #path: (string | number)[] = []
  #at = 0
  #trouble: Refusal | undefined

  constructor(text: string, limits: ReadLimits) {
    this.#text = text
    this.#limits = limits
  }

  document(): Read | Refusal {
    try {
      this.#skipSpace()
      const value = this.#value()
      this.#skipSpace()
      if (this.#at !== this.#text.length) this.#fail()
      return this.#trouble ?? { ok: true, value }
    } catch (error) {
      if (error instanceof GrammarError) return refuse('parse.syntax')
      throw error
    }
  }

  #value(): JsonValue {
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
      if (!this.#trouble) this.#checkKey(key, seen)
      this.#skipSpace()
      if (!this.#take(':')) this.#fail()
      this.#skipSpace()
      this.#path.push(key)
      const value = this.#value()
      this.#path.pop()
      if (!this.#trouble) members.push({ key, value })
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail()
    if (!seen.ascending) members.sort((a, b) => compareKeys(a.key, b.key))
    return new JsonObject(members)
  }

  /** At one key: surrogate, forbidden, duplicate, keys. A key that cannot be written is told by its parent's pointer. */
  #checkKey(key: string, seen: SeenKeys): void {
    if (!isWellFormed(key)) this.#note('parse.lone_surrogate', this.#path)
    else if (key === '__proto__') this.#note('parse.forbidden_key', [...this.#path, key])
    else if (!seen.add(key)) this.#note('parse.duplicate_key', [...this.#path, key])
    else if (seen.count > this.#limits.maxKeys) this.#note('limit.keys', [...this.#path, key])
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
      if (!this.#trouble) items.push(item)
      this.#skipSpace()
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail()
    return items
  }

  #number(): number {
    const from = this.#at
    this.#take('-')
    if (!this.#take('0')) this.#digits()
    if (this.#take('.')) this.#digits()
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-')
      this.#digits()
    }
    if (this.#trouble) return 0
    const value = Number(this.#text.slice(from, this.#at))
    if (!Number.isFinite(value)) this.#note('number.range', this.#path)
    else if (this.#limits.numbers === 'safe' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#note('number.unsafe_integer', this.#path)
    }
    // -0 is 0.
    return value + 0
  }

  #digits(): void {
    const from = this.#at
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++
    if (this.#at === from) this.#fail()
  }

  #stringValue(): string {
    const value = this.#string()
    if (!this.#trouble && !isWellFormed(value)) this.#note('parse.lone_surrogate', this.#path)
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
    // The grammar is checked above; V8 only replaces the escapes here.
    return this.#trouble ? '' : (JSON.parse(text.slice(from, at + 1)) as string)
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

  #note(code: ModelCode, path: readonly (string | number)[]): void {
    this.#trouble ??= refuse(code, pointerOf(path))
  }

  #fail(): never {
    throw new GrammarError()
  }
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39
const isHexDigit = (unit: number): boolean =>
  isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66)

/** The keys of one object so far. Keys in ascending order prove by themselves that there is no duplicate. */
class SeenKeys {
  ascending = true
  count = 0
  #last = ''
  #ascended: string[] = []
  #set: Set<string> | undefined

  /** False when `key` was there already. */
  add(key: string): boolean {
    this.count++
    if (this.ascending) {
      if (this.count === 1 || key > this.#last) {
        this.#ascended.push(key)
        this.#last = key
        return true
      }
      this.ascending = false
      this.#set = new Set(this.#ascended.map(hashable))
    }
    const set = this.#set as Set<string>
    const before = set.size
    return set.add(hashable(key)).size > before
  }
}

/**
 * V8 hashes a string that looks like an array index by its value, without a seed: a payload could put all its keys
 * into one bucket. One letter in front brings back the seeded hash (and '#' itself gets one, to stay distinct).
 */
function hashable(key: string): string {
  const first = key.charCodeAt(0)
  return isDigit(first) || first === 0x23 ? `#${key}` : key
}
