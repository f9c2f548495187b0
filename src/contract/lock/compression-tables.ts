// The field `tables` of a lock: the codes that deflate starts from. native/core/src/lock/compression_tables.rs is the twin.

import { appendPointer, JsonObject, type JsonValue } from '../../json/index.ts'
import {
  asciiLiterals,
  distanceCodesOf,
  distanceLimit,
  lengthCodes,
  literalLimit,
  maxTableBytes,
  minTableBytes,
  utf8Literals,
  type LockDocument,
  type LockTable,
  type LockTables,
} from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'
import { membersOf, readInteger } from './members.ts'
import type { Mutable } from './tree.ts'

const maxTables = 32
const deflateCodecs = new Set(['gzip', 'deflate', 'deflate-raw'])
const settings = ['ascii', 'distances', 'lengths', 'literals', 'maxBytes', 'minBytes']

export function readTables(value: JsonValue, pointer: string, { codec, level }: LockDocument['compress']): LockTables {
  if (!deflateCodecs.has(codec) || level !== 1) {
    throw invalid(pointer, 'Only gzip, deflate and deflate-raw at level 1 take tables.')
  }
  // First: other versions may have other settings.
  const version = value instanceof JsonObject ? value.get('version') : undefined
  if (version !== undefined && version !== 1) {
    throw unsupported(appendPointer(pointer, 'version'), 'This version reads tables of version 1.')
  }
  let classes: readonly LockTable[] = []
  for (const { key, value: setting, at } of membersOf(value, pointer, ['version', 'classes'], 'setting')) {
    if (key === 'classes') classes = readClasses(setting, at)
    else if (key !== 'version') throw invalid(at, 'The setting is not known.')
  }
  return { version: 1, classes }
}

/** Of each kind, ASCII or not: in ascending order, without a size that two have. */
function readClasses(value: JsonValue, pointer: string): LockTable[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxTables) {
    throw invalid(pointer, `Expected a list of 1 to ${maxTables} tables.`)
  }
  const tables: LockTable[] = []
  for (const [index, item] of value.entries()) {
    tables.push(readTable(item, appendPointer(pointer, index), tables.at(-1)))
  }
  return tables
}

function readTable(value: JsonValue, pointer: string, before: LockTable | undefined): LockTable {
  const table: Mutable<LockTable> = { ascii: true, minBytes: 0, maxBytes: 0, literals: '', lengths: '', distances: '' }
  let least = 0
  const texts = new Map<string, JsonValue>()
  for (const { key, value: setting, at } of membersOf(value, pointer, settings, 'setting')) {
    if (key === 'ascii') {
      if (typeof setting !== 'boolean') throw invalid(at, 'Expected true or false.')
      if (setting && before?.ascii === false) throw invalid(at, 'The tables for ASCII come first.')
      table.ascii = setting
      least = before?.ascii === setting ? before.maxBytes + 1 : 0
    } else if (key === 'maxBytes') {
      table.maxBytes = readInteger({ min: Math.max(least, minTableBytes), max: maxTableBytes }, setting, at)
    } else if (key === 'minBytes') {
      table.minBytes = readInteger({ min: least, max: table.maxBytes }, setting, at)
    } else if (settings.includes(key)) {
      texts.set(key, setting)
    } else throw invalid(at, 'The setting is not known.')
  }
  // How many digits there are depends on the other settings.
  const read = (key: string, count: number, limit: number): string =>
    readDigits(texts.get(key), count, limit, appendPointer(pointer, key))
  table.distances = read('distances', distanceCodesOf(table.maxBytes), distanceLimit)
  checkComplete(table.distances, distanceLimit, appendPointer(pointer, 'distances'))
  table.lengths = read('lengths', lengthCodes, literalLimit)
  table.literals = read('literals', table.ascii ? asciiLiterals : utf8Literals, literalLimit)
  checkComplete(table.literals + table.lengths, literalLimit, appendPointer(pointer, 'literals'))
  return table
}

/** A code length for each symbol: every symbol that a payload can need has a code. */
function readDigits(value: JsonValue | undefined, count: number, limit: number, pointer: string): string {
  const last = limit.toString(16)
  if (typeof value === 'string' && value.length === count && [...value].every((digit) => isDigit(digit, last))) {
    return value
  }
  throw invalid(pointer, `Expected ${count} digits from 1 to ${last}.`)
}

const isDigit = (digit: string, last: string): boolean =>
  (digit >= '1' && digit <= '9') || (digit >= 'a' && digit <= last)

/** Kraft: no bit sequence is without a meaning, none has two. */
function checkComplete(digits: string, limit: number, pointer: string): void {
  let sum = 0
  for (const digit of digits) sum += 2 ** (limit - Number.parseInt(digit, 16))
  if (sum !== 2 ** limit) throw invalid(pointer, 'The lengths are not those of a complete code.')
}
