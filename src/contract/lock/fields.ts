// The fields of a lock document other than its schema: names, ranges, defaults.

import { appendPointer, JsonObject, keepIntegers, roundBigints, toPlain, type JsonValue } from '../../json/index.ts'
import {
  contractNameRule,
  isContractName,
  type Codec,
  type DigestName,
  type Limits,
  type LockDictionary,
  type LockDocument,
  type LockSchema,
} from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'
import { readTables } from './compression-tables.ts'
import { readOneOf, readText } from './keywords.ts'
import { membersOf, readInteger } from './members.ts'
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
  const document: LockDocument = {
    profile: 'p1',
    unicode: '15.0',
    name: '',
    numbers: 'safe',
    limits: readLimits(new JsonObject([]), ''),
    schema: {},
    compress: readCompress(new JsonObject([]), ''),
    digest: 'sha-256',
  }
  for (const { key, value, at } of membersOf(lock, '', required, 'field')) {
    const readField = Object.hasOwn(fieldReaders, key) ? fieldReaders[key] : undefined
    if (readField === undefined) throw invalid(at, 'The field is not known.')
    // `numbers` comes before `schema`: without int64, the numbers of a schema are doubles. With it, they are what the normal
    // form says, so that contracts with one id have one meaning.
    const read = document.numbers === 'int64' ? keepIntegers(value) : roundBigints(value)
    Object.assign(document, readField(read, at, document))
    if (key === 'schema') onSchema(read, at)
  }
  return document
}

/** Reads one field. `document`: with the fields before it, in canonical order. */
type FieldReader = (value: JsonValue, at: string, document: LockDocument) => Partial<LockDocument>

const fieldReaders: Readonly<Record<string, FieldReader>> = {
  appOnly: (value, at) => ({ appOnly: readNames(value, at) }),
  compress: (value, at) => ({ compress: readCompress(value, at) }),
  dictionary(value, at, { compress }) {
    if (compress.codec !== 'zstd') throw invalid(at, 'Only zstd takes a dictionary.')
    return { dictionary: readDictionary(value, at) }
  },
  digest: (value, at) => ({ digest: readOneOf(digests, value, at) }),
  limits: (value, at) => ({ limits: readLimits(value, at) }),
  name: (value, at) => ({ name: readMatching(isContractName, value, at, contractNameRule) }),
  numbers: (value, at) => ({ numbers: readOneOf(['safe', 'double', 'int64'], value, at) }),
  profile(value, at) {
    if (value !== 'p1') throw unsupported(at, 'This version reads profile "p1".')
    return {}
  },
  schema: (value) => ({ schema: toPlain(value) as LockSchema }),
  tables: (value, at, { compress }) => ({ tables: readTables(value, at, compress) }),
  unicode(value, at) {
    if (value !== '15.0') throw unsupported(at, 'This version reads Unicode "15.0".')
    return {}
  },
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
  const dictionary: Mutable<LockDictionary> = { id: 0, sha256: '', path: '' }
  for (const { key, value: setting, at } of membersOf(value, pointer, ['id', 'path', 'sha256'], 'setting')) {
    if (key === 'id') dictionary.id = readInteger({ min: 0, max: 0xffff_ffff }, setting, at)
    else if (key === 'path')
      dictionary.path = readMatching(isPath, setting, at, `a path below the lock's folder, with "/"`)
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
  return value.map((item, index) => readText(item, appendPointer(pointer, index)))
}
