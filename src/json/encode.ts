// Encodes a JavaScript value as JSON text in UTF-8, for both engines: what JSON.stringify makes of it, never with loss. The
// reader checks the rest.

import { isWellFormed } from '#runtime'
import { pointerOf } from './pointer.ts'
import { positionBehind } from './position.ts'
import { readError, tooLarge, type ReadError } from './read-error.ts'
import type { ReadLimits } from './reader.ts'
import { hidesContent, jsonForm, lossy } from './json-form.ts'

type EncodeLimits = Pick<ReadLimits, 'maxBytes' | 'maxDepth' | 'numbers'>

export interface Encoded {
  readonly ok: true
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()

/**
 * The JSON text that JSON.stringify writes: `toJSON` is called, members that are `undefined`, functions or symbols are left
 * out, symbol keys and non-enumerable properties are ignored, a lone surrogate is written as `\uXXXX`, so that the reader
 * reports it. Each getter and each `toJSON` runs once.
 *
 * What JSON.stringify would change silently or throw at is `value.not_json` with its pointer: numbers that are not finite,
 * items that are no values (holes, undefined, functions, symbols), objects whose content is not in properties (Map, Set,
 * typed arrays, errors, instances without properties), cycles, bigints. With `numbers: 'int64'` a bigint is its digits.
 *
 * Time and memory are bounded by `maxBytes`, whatever the value refers to again and again: `limit.bytes` ends the walk.
 */
export function encodeValue(value: unknown, limits: EncodeLimits): Encoded | ReadError {
  const writer = new Writer(limits)
  try {
    const problem = writer.root(value)
    if (problem === 'value.not_json') return readError(problem, writer.pointer())
    if (problem === 'limit.bytes') return tooLarge(limits.maxBytes)
    // The position of the bracket that the text would have.
    if (problem) return readError(problem, '', { ...positionBehind(writer.bytes()), limit: limits.maxDepth })
  } catch {
    // A getter, a toJSON or a proxy threw.
    return readError('value.not_json', writer.pointer())
  }
  const bytes = writer.bytes()
  return bytes.length > limits.maxBytes ? tooLarge(limits.maxBytes) : { ok: true, bytes }
}

/** `absent`: JSON.stringify has no text for the value. */
type Written = 'value.not_json' | 'limit.bytes' | 'limit.depth' | 'absent' | undefined
type Problem = Exclude<Written, 'absent'>

/** A longer text is encoded: a concatenated string holds a node for each of its parts. */
const maxTextLength = 32_768

class Writer {
  /** What is not encoded yet. */
  #text: string = ''
  readonly #encoded: Uint8Array[] = []
  #encodedBytes = 0
  /** Members that are left out. They leave no text, so that they are counted. */
  #skipped = 0
  readonly #limits: EncodeLimits
  /** Containers from the root to the current value, to find cycles. */
  readonly #open: unknown[] = []
  /** The key of the current value in each of them. */
  readonly #path: (string | number)[] = []
  #depth = 0

  constructor(limits: EncodeLimits) {
    this.#limits = limits
  }

  /** The pointer to the current value, or to the parent of a key that cannot be written. */
  pointer(): string {
    const path = this.#path.slice(0, this.#depth)
    const unwritable = path.findIndex((key) => typeof key === 'string' && !isWellFormed(key))
    return pointerOf(unwritable < 0 ? path : path.slice(0, unwritable))
  }

  /** The whole text. */
  bytes(): Uint8Array {
    const last = encoder.encode(this.#text)
    if (this.#encodedBytes === 0) return last
    const bytes = new Uint8Array(this.#encodedBytes + last.length)
    let at = 0
    for (const part of [...this.#encoded, last]) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  root(value: unknown): Problem {
    const written = this.#write(value, '')
    return written === 'absent' ? 'value.not_json' : written
  }

  #write(value: unknown, key: string | number): Written {
    switch (typeof value) {
      case 'string':
        return this.#append(this.#quoted(value))
      case 'number':
        return Number.isFinite(value) ? this.#append(String(value)) : 'value.not_json'
      case 'boolean':
        return this.#append(value ? 'true' : 'false')
      case 'object':
        return value === null ? this.#append('null') : this.#writeObject(value, key)
      case 'bigint':
      case 'function':
        // JSON.stringify calls their toJSON too.
        return this.#writeForm(jsonForm(value, String(key)))
      default:
        return 'absent'
    }
  }

  #writeObject(value: object, key: string | number): Written {
    const prototype: unknown = Object.getPrototypeOf(value)
    // The quick test of plain data, whose property `toJSON` could only be its own.
    const isPlain = (prototype === Object.prototype || prototype === Array.prototype) && !('toJSON' in value)
    if (isPlain) return this.#container(value, true)
    const form = jsonForm(value, String(key))
    return form === value ? this.#container(value, false) : this.#writeForm(form)
  }

  /** Writes what a toJSON returned: its own toJSON, if any, is not called. */
  #writeForm(form: unknown): Written {
    if (form === lossy) return 'value.not_json'
    if (typeof form === 'object' && form !== null) return this.#container(form, false)
    if (typeof form === 'function') return 'absent'
    if (typeof form !== 'bigint') return this.#write(form, '')
    return this.#limits.numbers === 'int64' ? this.#append(digitsOf(form)) : 'value.not_json'
  }

  #container(value: object, isPlain: boolean): Written {
    const depth = this.#depth
    for (let i = 0; i < depth; i++) if (this.#open[i] === value) return 'value.not_json'
    if (depth >= this.#limits.maxDepth) return 'limit.depth'
    this.#open[depth] = value
    const written = Array.isArray(value) ? this.#array(value) : this.#object(value, isPlain)
    // Kept where it is after a problem: the pointer needs it.
    if (written === undefined) this.#depth = depth
    return written
  }

  #array(items: readonly unknown[]): Written {
    const at = this.#depth++
    const { length } = items
    this.#text += '['
    for (let i = 0; i < length; i++) {
      this.#path[at] = i
      this.#encodeLong()
      if (i > 0) this.#text += ','
      const written = this.#write(items[i], i)
      // A hole reads as undefined. JSON.stringify would write null.
      if (written !== undefined) return written === 'absent' ? 'value.not_json' : written
    }
    return this.#append(']')
  }

  #object(object: object, isPlain: boolean): Written {
    const keys = Object.keys(object)
    if (!isPlain && hidesContent(object, keys.length)) return 'value.not_json'
    const at = this.#depth++
    this.#text += '{'
    let isFirst = true
    for (const key of keys) {
      this.#path[at] = key
      const value = (object as Record<string, unknown>)[key]
      this.#encodeLong()
      const before = this.#text
      const written = value === undefined ? 'absent' : this.#member(key, value, isFirst)
      if (written === undefined) isFirst = false
      else if (written !== 'absent') return written
      else {
        this.#text = before
        if (++this.#skipped > this.#limits.maxBytes) return 'limit.bytes'
      }
    }
    return this.#append('}')
  }

  #member(key: string, value: unknown, isFirst: boolean): Written {
    this.#text += isFirst ? `${this.#quoted(key)}:` : `,${this.#quoted(key)}:`
    return this.#write(value, key)
  }

  /** One that is too long is not escaped, which could take six times its memory: `#append` refuses it. */
  #quoted(text: string): string {
    return text.length > this.#limits.maxBytes ? text : textOf(text)
  }

  #append(text: string): Problem {
    this.#text += text
    // A lower bound of the bytes: ends the walk of huge and of shared structures.
    return this.#encodedBytes + this.#text.length > this.#limits.maxBytes ? 'limit.bytes' : undefined
  }

  /** Called where nothing of the text is taken back. */
  #encodeLong(): void {
    if (this.#text.length <= maxTextLength) return
    const part = encoder.encode(this.#text)
    this.#encoded.push(part)
    this.#encodedBytes += part.length
    this.#text = ''
  }
}

/** Of more than 128 bits: a number out of range, without the time that the digits of a long bigint take. */
const digitsOf = (value: bigint): string => String(BigInt.asIntN(128, value) === value ? value : 1n << 128n)

/** Characters that a JSON string escapes, and surrogates, which are escaped when they are alone. */
// oxlint-disable-next-line no-control-regex -- the characters that JSON escapes
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

const textOf = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`)
