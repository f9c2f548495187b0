// The value tree of the strict reader and the canonical writer; callers get plain values. An object is a sorted list of
// members, so that keys such as `__proto__`, "0" or colliding ones need no special care.

import { utf8Length } from '#runtime'
import { addBrand, brandOf, hasBrand } from '../util/class-brand.ts'
import { spend } from '../util/step-budget.ts'
import { setMember } from './set-member.ts'
import { TextBuilder } from './text-builder.ts'
import { int64Of } from './int64.ts'

/** A bigint is an integer beyond ±(2^53 - 1), where the reader keeps 64-bit integers; smaller ones are numbers. */
export type JsonPrimitive = string | number | bigint | boolean | null
export type JsonValue = JsonPrimitive | JsonArray | JsonObject
export type JsonArray = JsonValue[]

export interface JsonMember {
  readonly key: string
  /** Mutable: the validator replaces values in place. */
  value: JsonValue
}

const brand = brandOf('JsonObject')

export class JsonObject {
  static {
    addBrand(this.prototype, brand)
  }

  /** True for those of another copy of this package too: a contract contains them. */
  static [Symbol.hasInstance](value: unknown): value is JsonObject {
    return hasBrand(value, brand)
  }

  /** In canonical key order; each key once. */
  readonly members: readonly JsonMember[]

  /** `members` must be sorted by `compareKeys`, without duplicates. */
  constructor(members: readonly JsonMember[]) {
    this.members = members.length === 0 ? noMembers : members
  }

  /** The value of `key`, or undefined. O(log n). */
  get(key: string): JsonValue | undefined {
    let low = 0
    let high = this.members.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const member = this.members[middle] as JsonMember
      if (member.key === key) return member.value
      if (member.key < key) low = middle + 1
      else high = middle
    }
    return undefined
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }
}

/** One list for all empty objects: a payload of 15 MB may hold five million of them. */
const noMembers: readonly JsonMember[] = []

/**
 * The same items without the spare capacity that `push` leaves: 17 items for the first one. A payload may hold as many
 * lists as it has brackets, and of a long list the spare capacity is a small part.
 */
export const withoutSpare = <T>(items: T[]): T[] => (items.length <= maxTrimmed ? items.slice() : items)

const maxTrimmed = 64

/** Canonical key order: by UTF-16 code units (RFC 8785 §3.2.3), which is how JavaScript compares strings. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The tree as a plain value. */
export function toPlain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (!(value instanceof JsonObject)) return value
  const plain: Record<string, unknown> = {}
  for (const member of value.members) setMember(plain, member.key, toPlain(member.value))
  return plain
}

/** True for equal trees. Takes time linear in the smaller one. */
export function sameValue(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i] as JsonValue))
  }
  if (!(a instanceof JsonObject)) return a === b
  return (
    b instanceof JsonObject &&
    a.members.length === b.members.length &&
    a.members.every(({ key, value }, i) => key === b.members[i]?.key && sameValue(value, b.members[i].value))
  )
}

/** The tree with doubles instead of bigints. */
export const roundBigints = (value: JsonValue): JsonValue => mapNumbers(value, Number)

/**
 * The tree with bigints instead of the doubles whose canonical text is that of a 64-bit integer: what the canonical text
 * of the tree is read as. `1e16` is 10000000000000000 then.
 */
export const keepIntegers = (value: JsonValue): JsonValue => mapNumbers(value, integerOf)

function integerOf(value: number | bigint): number | bigint {
  if (typeof value === 'bigint' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value
  const text = String(value)
  return /^-?\d+$/.test(text) ? (int64Of(text, value) ?? value) : value
}

function mapNumbers(value: JsonValue, convert: (value: number | bigint) => number | bigint): JsonValue {
  if (typeof value === 'number' || typeof value === 'bigint') return convert(value)
  if (Array.isArray(value)) return value.map((item) => mapNumbers(item, convert))
  if (!(value instanceof JsonObject)) return value
  return new JsonObject(value.members.map((member) => ({ key: member.key, value: mapNumbers(member.value, convert) })))
}

/**
 * Canonical JSON (RFC 8785). The tree holds no lone surrogates and no numbers beyond the doubles: see read.ts.
 * JSON.stringify of a plain object would put integer-like keys first.
 */
export function canonicalText(value: JsonValue): string {
  const text = new TextBuilder()
  append(text, value)
  return text.toString()
}

function append(text: Pick<TextBuilder, 'append'>, value: JsonValue): void {
  spend(1)
  if (Array.isArray(value)) {
    text.append('[')
    for (let i = 0; i < value.length; i++) {
      if (i > 0) text.append(',')
      append(text, value[i] as JsonValue)
    }
    text.append(']')
  } else if (value instanceof JsonObject) {
    text.append('{')
    let separator = ''
    for (const member of value.members) {
      text.append(`${separator}${JSON.stringify(member.key)}:`)
      separator = ','
      append(text, member.value)
    }
    text.append('}')
  } else text.append(primitiveText(value))
}

/** Canonical JSON of up to `maxBytes` bytes of UTF-8; undefined: it is longer. Takes no more memory than that. */
export function canonicalTextWithin(value: JsonValue, maxBytes: number): string | undefined {
  const text = new TextBuilder()
  // In UTF-16 units, of which a text has no more than bytes.
  let left = maxBytes
  const bounded = {
    append(piece: string): void {
      left -= piece.length
      if (left < 0) throw tooLong
      text.append(piece)
    },
  }
  try {
    append(bounded, value)
    const whole = text.toString()
    return utf8Length(whole) > maxBytes ? undefined : whole
  } catch (error) {
    if (error === tooLong) return undefined
    throw error
  }
}

/** Ends the writing; never thrown to the caller. */
const tooLong = new RangeError('The canonical text is too long.')

/**
 * Canonical text of a primitive. V8 writes ECMAScript numbers (-0 as 0) and the minimal escapes, as RFC 8785 §3.2.2
 * asks. A 64-bit integer keeps its digits, where RFC 8785 would round it to a double.
 */
export const primitiveText = (value: JsonPrimitive): string =>
  typeof value === 'bigint' ? String(value) : JSON.stringify(value)
