// The value tree of the strict reader and the canonical writer; callers get plain values. An object is a sorted list of
// members, so that keys such as `__proto__`, "0" or colliding ones need no special care.

import { utf8Length } from '#runtime'

/** A bigint is an integer beyond ±(2^53 - 1), where the reader keeps 64-bit integers; smaller ones are numbers. */
export type JsonPrimitive = string | number | bigint | boolean | null
export type JsonValue = JsonPrimitive | JsonArray | JsonObject
export type JsonArray = JsonValue[]

export interface JsonMember {
  readonly key: string
  /** Mutable: normalization replaces strings in place. */
  value: JsonValue
}

export class JsonObject {
  /** In canonical key order; each key once. */
  readonly members: readonly JsonMember[]

  /** `members` must be sorted by `compareKeys`, without duplicates. */
  constructor(members: readonly JsonMember[]) {
    this.members = members
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

/** Canonical key order: by UTF-16 code units (RFC 8785 §3.2.3), which is how JavaScript compares strings. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The tree as a plain value. Safe for trees of the strict reader, which rejects the key `__proto__`. */
export function toPlain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (!(value instanceof JsonObject)) return value
  const plain: Record<string, unknown> = {}
  for (const member of value.members) plain[member.key] = toPlain(member.value)
  return plain
}

/** True for equal trees, in time of the smaller one. */
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
export function roundBigints(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(roundBigints)
  if (!(value instanceof JsonObject)) return value
  return new JsonObject(value.members.map((member) => ({ key: member.key, value: roundBigints(member.value) })))
}

/**
 * Canonical JSON (RFC 8785). The tree holds no lone surrogates and no numbers beyond the doubles: see read.ts.
 * JSON.stringify of a plain object would put integer-like keys first.
 */
export function canonicalText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!(value instanceof JsonObject)) return primitiveText(value)
  const members = value.members.map((member) => `${JSON.stringify(member.key)}:${canonicalText(member.value)}`)
  return `{${members.join(',')}}`
}

/** Canonical JSON of up to `maxBytes` bytes of UTF-8; undefined: it is longer. Takes no more memory than that. */
export function canonicalTextWithin(value: JsonValue, maxBytes: number): string | undefined {
  // In UTF-16 units, of which a text has no more than bytes.
  let left = maxBytes
  const spend = (units: number): void => {
    left -= units
    if (left < 0) throw tooLong
  }
  const primitive = (from: JsonPrimitive): string => {
    const text = primitiveText(from)
    spend(text.length)
    return text
  }
  const write = (from: JsonValue): string => {
    if (Array.isArray(from)) {
      spend(Math.max(2, from.length + 1))
      return `[${from.map(write).join(',')}]`
    }
    if (!(from instanceof JsonObject)) return primitive(from)
    const { members } = from
    spend(Math.max(2, 2 * members.length + 1))
    return `{${members.map((member) => `${primitive(member.key)}:${write(member.value)}`).join(',')}}`
  }
  try {
    const text = write(value)
    return utf8Length(text) > maxBytes ? undefined : text
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
