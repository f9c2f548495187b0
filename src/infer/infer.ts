// inferContract(): drafts a contract from samples, as zod source and as the contract that the source defines.

import { invalidOptions, SidelaneError, type Contract, type DataCode, type Limits } from '../model/index.ts'
import { defineContract } from '../contract/define/index.ts'
import { readBytes, readText, type JsonValue, type ReadLimits } from '../json/index.ts'
import { nextPlan } from './choose-schema.ts'
import { buildSchema } from './draft-schema.ts'
import { buildZod, type Expression } from './schema-ast.ts'
import { newStatistics, observe, type Plan, type ValueStatistics } from './sample-statistics.ts'
import { contractSource } from './write-module.ts'
import { utf8Length } from '#runtime'

/** Options of `inferContract`. */
export interface InferOptions {
  /** The contract's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string
  /** Adds the payload's type to the source. */
  readonly typescript?: boolean
  /** The origin of the samples, for the first line of the source. */
  readonly origin?: string
  /** Called for each sample that no contract could accept; `index` counts from 0. */
  readonly onSkipped?: (skipped: Skipped) => void
}

/** A sample that is not strict JSON, or beyond the widest limits of a contract. */
export interface Skipped {
  /** Its index among the samples, from 0. */
  readonly index: number
  /** Why no contract could accept it. */
  readonly code: DataCode
  /** JSON pointer, if the error has one. */
  readonly pointer: string | undefined
}

/** A draft to review. */
export interface Inferred {
  /** A module that exports the contract, with comments on what to review. */
  readonly source: string
  /** The contract that `source` defines. It accepts every sample it was inferred from. */
  readonly contract: Contract
  /** Number of valid samples. */
  readonly samples: number
  /** Number of skipped samples. */
  readonly skipped: number
}

/** The widest limits that a contract may have. */
const widest: ReadLimits = { maxBytes: 67_108_864, maxDepth: 120, maxKeys: 1_000_000, numbers: 'double' }
const defaults: Limits = { maxBytes: 1_048_576, maxDepth: 64, maxKeys: 10_000 }
const maxPasses = 4

/**
 * Drafts a contract from sample payloads (JSON text, or the UTF-8 bytes of it). The samples are iterated several times:
 * pass an array, or an iterable that can restart.
 *
 * Throws `options.invalid` when no sample is valid JSON.
 */
export function inferContract(samples: Iterable<Uint8Array | string>, options: InferOptions): Inferred {
  let { statistics, totals } = runPass(samples, undefined, options.onSkipped)
  if (totals.samples === 0) throw invalidOptions('Expected at least one sample that is good JSON')
  for (let passes = 1; passes < maxPasses; passes++) {
    const { plan, changed } = nextPlan(statistics)
    if (!changed) break
    ;({ statistics, totals } = runPass(samples, plan, undefined))
  }
  const { name, origin, typescript = false } = options
  const limits = limitsFor(totals)
  const numbers = totals.unsafe ? 'double' : undefined
  const define = (schema: Expression): Contract =>
    defineContract({ name, schema: buildZod(schema), ...(numbers && { numbers }), ...(limits && { limits }) })
  const { schema, contract } = fitting(statistics, define)
  const { samples: valid, skipped } = totals
  const source = contractSource(schema, { name, origin, samples: valid, skipped, typescript, numbers, limits })
  return { source, contract, samples: valid, skipped }
}

interface SampleTotals {
  samples: number
  skipped: number
  bytes: number
  depth: number
  keys: number
  unsafe: boolean
}

function runPass(
  samples: Iterable<Uint8Array | string>,
  plan: Plan | undefined,
  onSkipped: InferOptions['onSkipped'],
): { statistics: ValueStatistics; totals: SampleTotals } {
  const statistics = newStatistics(plan)
  const totals: SampleTotals = { samples: 0, skipped: 0, bytes: 0, depth: 0, keys: 0, unsafe: false }
  let index = 0
  for (const sample of samples) {
    const read = typeof sample === 'string' ? readText(sample, widest) : readBytes(sample, widest)
    if (read.ok) {
      totals.samples++
      totals.bytes = Math.max(totals.bytes, typeof sample === 'string' ? utf8Length(sample) : sample.length)
      measure(read.value, 0, totals)
      observe(statistics, read.value)
    } else {
      totals.skipped++
      onSkipped?.({ index, code: read.code, pointer: read.pointer })
    }
    index++
  }
  return { statistics, totals }
}

function measure(value: JsonValue, depth: number, totals: SampleTotals): void {
  if (typeof value === 'number') totals.unsafe ||= Number.isInteger(value) && !Number.isSafeInteger(value)
  if (value === null || typeof value !== 'object') return
  totals.depth = Math.max(totals.depth, depth + 1)
  if (Array.isArray(value)) {
    for (const item of value) measure(item, depth + 1, totals)
    return
  }
  totals.keys = Math.max(totals.keys, value.members.length)
  for (const member of value.members) measure(member.value, depth + 1, totals)
}

/** Limits for samples beyond the defaults, with room for twice the largest sample. */
function limitsFor({ bytes, depth, keys }: SampleTotals): Partial<Limits> | undefined {
  const limits = {
    ...(bytes <= defaults.maxBytes ? {} : { maxBytes: Math.min(widest.maxBytes, powerOfTwo(2 * bytes)) }),
    ...(depth <= defaults.maxDepth ? {} : { maxDepth: widest.maxDepth }),
    ...(keys <= defaults.maxKeys ? {} : { maxKeys: Math.min(widest.maxKeys, 2 * keys) }),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** The deepest draft that fits the limits of a lock. */
function fitting(
  statistics: ValueStatistics,
  define: (schema: Expression) => Contract,
): { schema: Expression; contract: Contract } {
  for (const depth of [56, 24, 12, 8, 6, 4, 3, 2, 1]) {
    const schema = buildSchema(statistics, depth)
    try {
      return { schema, contract: define(schema) }
    } catch (error) {
      // An invalid name or an internal error does not depend on the depth.
      if (depth === 1 || !(error instanceof SidelaneError) || error.pointer === '/name') throw error
    }
  }
  throw new TypeError('unreachable')
}
