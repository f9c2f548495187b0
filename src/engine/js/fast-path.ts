// The fast path: bytes to canonical text for payloads that are certainly valid, by V8's own parser and writer with the
// contract's visitors (fast-walker.ts) between them. It never rejects: in any doubt it returns undefined.

import type { Profile } from '../../model/index.ts'
import { mayEscapeKey, TextBuilder } from '../../json/index.ts'
import { decodeUtf8, indexOfAscii, isUtf8, utf8Length } from '#runtime'
import { spend, spendAhead, timeIsOver } from '../../util/step-budget.ts'
import { canGenerate, evaluate } from './codegen.ts'
import { deepestDefault } from './defaults.ts'
import { FastWalker, type FastPathOptions } from './fast-walker.ts'
import type { VisitState } from './visitor.ts'

/** The canonical text; undefined: take the slow path. */
export type FastPath = (payload: Uint8Array) => string | undefined

/** Compiles the fast path of one contract. */
export function compileFastPath(profile: Profile, options: FastPathOptions = { generate: canGenerate() }): FastPath {
  const state: VisitState = {
    members: 0,
    movesKeys: false,
    inserted: 0,
    visits: 0,
    maxVisits: 0,
    branching: 0,
    isLarge: false,
  }
  const { root, inheritable } = new FastWalker(profile, state, options)
  const { maxBytes } = profile.limits
  // Where a default may exceed the depth of the contract, the slow path measures.
  const maxDepth = profile.limits.maxDepth - deepestDefault(profile)
  const isPolluted = compilePollutionCheck(inheritable, options)
  return (payload) => {
    if (payload.length > maxBytes || !isUtf8(payload) || isPolluted()) return undefined
    if (profile.numbers === 'int64' && hasLongDigitRun(payload)) return undefined
    spendAhead(payload.length, readNanos)
    const members = countMembers(payload, maxDepth)
    if (members < 0) return undefined
    state.members = 0
    state.movesKeys = false
    state.inserted = 0
    state.visits = 0
    state.maxVisits = visitsPerByte * payload.length
    state.branching = 0
    state.isLarge = payload.length > largeBytes
    let text: string
    try {
      const value = root(JSON.parse(decodeUtf8(payload)))
      if (value === undefined || state.members !== members) return undefined
      spendAhead(payload.length + state.inserted, writeNanos)
      text = state.movesKeys ? writeKeyByKey(value) : JSON.stringify(value)
    } catch (error) {
      if (error === timeIsOver) throw error
      // A syntax error, a byte order mark, too many visits or defaults, or a stack overflow in a contract of references.
      return undefined
    }
    if (mayHoldLoneSurrogate(payload, text) || mayHoldWrongKey(text)) return undefined
    return text.length > maxBytes / bytesPerUnit && utf8Length(text) > maxBytes ? undefined : text
  }
}

/** Of countMembers and JSON.parse, and of JSON.stringify: they cannot be ended. */
const readNanos = 15
const writeNanos = 10

/** A container has two bytes or more, so each may be visited a few times. */
const visitsPerByte = 4
/** The heap of smaller payloads is small in any case. */
const largeBytes = 1024 * 1024

/** Most bytes of UTF-8 that a UTF-16 unit becomes. */
const bytesPerUnit = 3

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c

/**
 * One pass over the bytes before V8 parses them. Counts the colons outside strings, which for valid JSON are the
 * members of all objects (JSON.parse hides the number: it keeps the last of two equal keys); -1 when more than
 * `maxDepth` brackets are open at one place. For invalid JSON the count has no meaning.
 */
export function countMembers(bytes: Uint8Array, maxDepth: number): number {
  const length = bytes.length
  let colons = 0
  let depth = 0
  for (let i = 0; i < length; i++) {
    let byte = bytes[i] as number
    if (byte === quote) {
      while (++i < length && (byte = bytes[i] as number) !== quote) if (byte === backslash) i++
    } else if (byte === colon) {
      colons++
    } else if (byte >= 0x5b) {
      // `[` and `{`, `]` and `}` differ in this one bit.
      byte |= 0x20
      if (byte === 0x7b) {
        if (++depth > maxDepth) return -1
      } else if (byte === 0x7d && depth > 0) {
        depth--
      }
    }
  }
  return colons
}

/** Digits of 2^53. */
const longRun = 16

/** True when some run of digits may be an integer beyond ±(2^53 - 1), which JSON.parse would round. */
function hasLongDigitRun(bytes: Uint8Array): boolean {
  // Every run of 16 has a byte at a multiple of 16.
  for (let i = longRun - 1; i < bytes.length; i += longRun) {
    if (!isDigit(bytes[i])) continue
    let [from, to] = [i, i + 1]
    while (isDigit(bytes[from - 1])) from--
    while (to - from < longRun && isDigit(bytes[to])) to++
    if (to - from >= longRun) return true
  }
  return false
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * Canonical text (RFC 8785) where V8's key order differs from the canonical one. Members that are `undefined` are
 * absent; a lone surrogate is written as `\udXXX`. json/value.ts does the same for value trees.
 */
function writeKeyByKey(value: unknown): string {
  const text = new TextBuilder()
  append(text, value)
  return text.toString()
}

function append(text: TextBuilder, value: unknown): void {
  spend(1)
  if (typeof value !== 'object' || value === null) return text.append(JSON.stringify(value))
  let separator = ''
  if (Array.isArray(value)) {
    text.append('[')
    for (const item of value) {
      text.append(separator)
      separator = ','
      append(text, item)
    }
    return text.append(']')
  }
  text.append('{')
  // The default order of toSorted() is the canonical one: UTF-16 code units.
  for (const key of Object.keys(value).toSorted()) {
    const member = (value as Record<string, unknown>)[key]
    if (member === undefined) continue
    text.append(`${separator}${JSON.stringify(key)}:`)
    separator = ','
    append(text, member)
  }
  text.append('}')
}

/**
 * In valid UTF-8 a surrogate can only come from an escape. V8 writes a lone one as `\udXXX`, which canonical text holds
 * otherwise only behind an escaped backslash.
 */
const mayHoldLoneSurrogate = (payload: Uint8Array, canonical: string): boolean =>
  indexOfAscii(payload, '\\u') >= 0 && canonical.includes('\\ud')

/**
 * The JSON.parse of Node 24 and 26 reads a key written with an escape as a key that holds a backslash, once it has
 * parsed the latter (https://github.com/nodejs/node/issues/63785). Every key of the payload is in the canonical text.
 */
const mayHoldWrongKey = (canonical: string): boolean => canonical.includes('\\\\') && mayEscapeKey(canonical)

/** True when a built-in prototype has one of the names, or the toJSON that JSON.stringify would call. */
function compilePollutionCheck(names: ReadonlySet<string>, options: FastPathOptions): () => boolean {
  if (!options.generate) return () => 'toJSON' in Array.prototype
  const tests = [...[...names].map((name) => `${JSON.stringify(name)} in object`), '"toJSON" in array']
  const constants = { object: Object.prototype, array: Array.prototype }
  return evaluate(constants, `return () => ${tests.join(' || ')}`) as () => boolean
}
