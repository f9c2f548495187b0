// The fields of a lock document other than its schema: names, ranges, defaults.

import { appendPointer, compareKeys, JsonObject, toPlain, type JsonValue } from '../../json/index.ts'
import type { Codec } from '../../model/index.ts'
import type { DigestName, Limits } from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'
import type { LockDictionary, LockDocument, LockSchema } from '../../model/index.ts'
import type { Mutable } from './tree.ts'

interface Range {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** The maxima keep every payload within the memory and recursion limits of both engines. */
const limitRanges: Readonly<Record<keyof Limits, Range>> = {
  maxBytes: { min: 1, max: 67_108_864, default: 1_048_576 },
  maxDepth: { min: 1, max: 120, default: 64 },
  maxKeys: { min: 1, max: 1_000_000, default: 10_000 },
}

const levelRanges: Readonly<Record<Codec, Range | undefined>> = {
  gzip: { min: 0, max: 9, default: 1 },
  deflate: { min: 0, max: 9, default: 1 },
  'deflate-raw': { min: 0, max: 9, default: 1 },
  zstd: { min: 1, max: 19, default: 1 },
  brotli: { min: 0, max: 11, default: 4 },
  none: undefined,
}

const digests: readonly DigestName[] = ['sha-256', 'hmac-sha-256', 'none']
const required = ['name', 'profile', 'schema', 'unicode']

/**
 * Reads the fields in canonical order of their keys, missing ones included. `onSchema` is called in that order too, so
 * that the first error thrown is the first one of the whole document.
 */
export function readFields(lock: JsonValue, onSchema: (schema: JsonValue, pointer: string) => void): LockDocument {
  if (!(lock instanceof JsonObject)) throw invalid('', 'Expected an object.')
  const document: Mutable<LockDocument> = {
    profile: 'p1',
    unicode: '15.0',
    name: '',
    numbers: 'safe',
    limits: readLimits(new JsonObject([]), ''),
    schema: {},
    compress: readCompress(new JsonObject([]), ''),
    digest: 'sha-256',
  }
  const missing = required.filter((key) => !lock.has(key))
  for (const key of [...lock.members.map((member) => member.key), ...missing].toSorted(compareKeys)) {
    const pointer = appendPointer('', key)
    const value = lock.get(key)
    if (value === undefined) throw invalid(pointer, 'The field is missing.')
    readField(document, key, value, pointer)
    if (key === 'schema') onSchema(value, pointer)
  }
  return document
}

function readField(document: Mutable<LockDocument>, key: string, value: JsonValue, pointer: string): void {
  switch (key) {
    case 'appOnly':
      document.appOnly = readNames(value, pointer)
      return
    case 'compress':
      document.compress = readCompress(value, pointer)
      return
    case 'dictionary':
      // `compress` comes before `dictionary` in canonical order, so its value or default is known here.
      if (document.compress.codec !== 'zstd') throw invalid(pointer, 'Only zstd takes a dictionary.')
      document.dictionary = readDictionary(value, pointer)
      return
    case 'tables':
      throw unsupported(pointer, 'This version does not read tables.')
    case 'digest':
      document.digest = readOneOf(digests, value, pointer)
      return
    case 'limits':
      document.limits = readLimits(value, pointer)
      return
    case 'name':
      if (typeof value !== 'string' || !/^[a-z0-9-]{1,64}$/.test(value)) {
        throw invalid(pointer, 'Expected a name of 1 to 64 characters out of a-z, 0-9 and "-".')
      }
      document.name = value
      return
    case 'numbers':
      document.numbers = readOneOf(['safe', 'double'], value, pointer)
      return
    case 'profile':
      if (value !== 'p1') throw unsupported(pointer, 'This version reads profile "p1".')
      return
    case 'schema':
      document.schema = toPlain(value) as LockSchema
      return
    case 'unicode':
      if (value !== '15.0') throw unsupported(pointer, 'This version reads Unicode "15.0".')
      return
    default:
      throw invalid(pointer, 'The field is not known.')
  }
}

function readLimits(value: JsonValue, pointer: string): Limits {
  const limits = {
    maxBytes: limitRanges.maxBytes.default,
    maxDepth: limitRanges.maxDepth.default,
    maxKeys: limitRanges.maxKeys.default,
  }
  for (const { key, value: limit, at } of membersOf(value, pointer)) {
    if (key !== 'maxBytes' && key !== 'maxDepth' && key !== 'maxKeys') throw invalid(at, 'The limit is not known.')
    limits[key] = readInteger(limitRanges[key], limit, at)
  }
  return limits
}

function readCompress(value: JsonValue, pointer: string): LockDocument['compress'] {
  let codec: Codec = 'gzip'
  let level: number | undefined
  for (const { key, value: setting, at } of membersOf(value, pointer)) {
    if (key === 'codec') codec = readOneOf(Object.keys(levelRanges) as Codec[], setting, at)
    else if (key === 'level') {
      const range = levelRanges[codec]
      if (range === undefined) throw invalid(at, 'The codec "none" takes no level.')
      level = readInteger(range, setting, at)
    } else throw invalid(at, 'The setting is not known.')
  }
  level ??= levelRanges[codec]?.default
  return level === undefined ? { codec } : { codec, level }
}

function readDictionary(value: JsonValue, pointer: string): LockDictionary {
  const members = membersOf(value, pointer)
  const given = new Map<string, JsonValue>(members.map(({ key, value }) => [key, value]))
  const missing = ['id', 'path', 'sha256'].filter((key) => !given.has(key))
  const dictionary = { id: 0, sha256: '', path: '' }
  for (const key of [...given.keys(), ...missing].toSorted(compareKeys)) {
    const at = appendPointer(pointer, key)
    const setting = given.get(key)
    if (setting === undefined) throw invalid(at, 'The setting is missing.')
    if (key === 'id') dictionary.id = readInteger({ min: 0, max: 0xffff_ffff }, setting, at)
    else if (key === 'path') dictionary.path = readMatching(isPath, setting, at, "a path below the lock's folder")
    else if (key === 'sha256') dictionary.sha256 = readMatching(isSha256, setting, at, '64 lower-case hex digits')
    else throw invalid(at, 'The setting is not known.')
  }
  return dictionary
}

/** Names joined by "/": the same file on every platform, never outside the folder. */
const isPath = (text: string): boolean =>
  text.length <= 255 && text.split('/').every((name) => /^(?!\.{0,2}$)[!-9;-[\]-~]+$/.test(name))

const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

function readMatching(fits: (text: string) => boolean, value: JsonValue, pointer: string, expected: string): string {
  if (typeof value === 'string' && fits(value)) return value
  throw invalid(pointer, `Expected ${expected}.`)
}

function readNames(value: JsonValue, pointer: string): string[] {
  if (!Array.isArray(value)) throw invalid(pointer, 'Expected a list of strings.')
  return value.map((item, index) => {
    if (typeof item === 'string') return item
    throw invalid(appendPointer(pointer, index), 'Expected a string.')
  })
}

function membersOf(value: JsonValue, pointer: string): { key: string; value: JsonValue; at: string }[] {
  if (!(value instanceof JsonObject)) throw invalid(pointer, 'Expected an object.')
  return value.members.map((member) => ({ ...member, at: appendPointer(pointer, member.key) }))
}

function readInteger({ min, max }: Pick<Range, 'min' | 'max'>, value: JsonValue, pointer: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(pointer, `Expected an integer from ${min} to ${max}.`)
}

function readOneOf<T extends string>(names: readonly T[], value: JsonValue, pointer: string): T {
  const name = names.find((known) => known === value)
  if (name === undefined) throw invalid(pointer, `Expected one of ${names.join(', ')}.`)
  return name
}
