// Reads the samples, and measures what they need of a contract.

import { invalidOptions, type Issue, type Limits } from '../model/index.ts'
import { isIterable } from '../contract/define/index.ts'
import { appendPointer, readBytes, readText, type JsonValue, type ReadLimits } from '../json/index.ts'
import { isBytes } from '../util/typed-array.ts'
import { utf8Length } from '#runtime'

/** A sample that is not strict JSON, or beyond the widest limits of a contract. */
export interface Skipped extends Pick<Issue, 'code' | 'pointer' | 'params'> {
  /** Its index among the samples, from 0. */
  readonly index: number
}

/** An integer of a sample that a double cannot hold. */
export interface LargeInteger {
  /** The index of the first sample with one, from 0. */
  readonly index: number
  /** JSON pointer. */
  readonly pointer: string
  /** What the draft says: `int64` keeps the digits, `double` rounds. */
  readonly numbers: 'int64' | 'double'
}

export interface Samples {
  readonly values: readonly JsonValue[]
  readonly skipped: number
  /** The first integer that decides `numbers`. */
  readonly largeInteger: LargeInteger | undefined
  readonly limits: Partial<Limits> | undefined
}

/** The widest limits that a contract may have. */
const widest: ReadLimits = { maxBytes: 67_108_864, maxDepth: 120, maxKeys: 1_000_000, numbers: 'int64-or-double' }
const defaults: Limits = { maxBytes: 1_048_576, maxDepth: 64, maxKeys: 10_000 }

export function readSamples(
  samples: Iterable<Uint8Array | string>,
  onSkipped: ((skipped: Skipped) => void) | undefined,
): Samples {
  checkIterable(samples)
  const values: JsonValue[] = []
  const totals: Totals = { bytes: 0, depth: 0, keys: 0, large: undefined }
  let [index, skipped] = [0, 0]
  for (const sample of samples) {
    checkSample(sample, index)
    const read = typeof sample === 'string' ? readText(sample, widest) : readBytes(sample, widest)
    if (read.ok) {
      values.push(read.value)
      totals.bytes = Math.max(totals.bytes, typeof sample === 'string' ? utf8Length(sample) : sample.length)
      measure(read.value, 0, '', index, totals)
    } else {
      skipped++
      const { code, pointer, params } = read
      onSkipped?.({ index, code, pointer, ...(params !== undefined && { params }) })
    }
    index++
  }
  return { values, skipped, largeInteger: totals.large, limits: limitsFor(totals) }
}

function checkIterable(samples: unknown): void {
  if (isIterable(samples)) return
  const one = typeof samples === 'string' || ArrayBuffer.isView(samples) ? '; for one sample write [sample]' : ''
  throw invalidOptions(`Expected \`samples\` to be an array or another iterable of JSON texts or bytes${one}`)
}

function checkSample(sample: unknown, index: number): void {
  if (typeof sample === 'string' || isBytes(sample)) return
  throw invalidOptions(
    `Expected \`samples\` to hold JSON texts or their UTF-8 bytes, got ${sample === null ? 'null' : typeof sample} ` +
      `at ${index}; write JSON.stringify(value)`,
  )
}

interface Totals {
  bytes: number
  depth: number
  keys: number
  large: LargeInteger | undefined
}

function measure(value: JsonValue, depth: number, pointer: string, index: number, totals: Totals): void {
  if (typeof value === 'bigint') totals.large ??= { index, pointer, numbers: 'int64' }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    // An integer beyond 64 bits, or one with an exponent.
    if (totals.large?.numbers !== 'double') totals.large = { index, pointer, numbers: 'double' }
  }
  if (value === null || typeof value !== 'object') return
  totals.depth = Math.max(totals.depth, depth + 1)
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) measure(item, depth + 1, `${pointer}/${i}`, index, totals)
    return
  }
  totals.keys = Math.max(totals.keys, value.members.length)
  for (const member of value.members)
    measure(member.value, depth + 1, appendPointer(pointer, member.key), index, totals)
}

/** Limits for samples beyond the defaults, with room for twice the largest sample. */
function limitsFor({ bytes, depth, keys }: Totals): Partial<Limits> | undefined {
  const limits = {
    ...(bytes <= defaults.maxBytes ? {} : { maxBytes: Math.min(widest.maxBytes, powerOfTwo(2 * bytes)) }),
    ...(depth <= defaults.maxDepth ? {} : { maxDepth: widest.maxDepth }),
    ...(keys <= defaults.maxKeys ? {} : { maxKeys: Math.min(widest.maxKeys, 2 * keys) }),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))
