// inferContract(): samples in, a draft of a contract out, as zod source and as the contract that the source defines.

import { SidelaneError, type Contract, type DataCode, type Limits } from '../model/index.ts'
import { defineContract } from '../contract/define/index.ts'
import { readBytes, readText, type JsonValue, type ReadLimits } from '../json/index.ts'
import { buildZod } from './build-zod.ts'
import { nextPlan } from './choose-schema.ts'
import { draft } from './draft-schema.ts'
import type { Expression } from './schema-ast.ts'
import { newShape, observe, type Plan, type Shape } from './sample-statistics.ts'
import { contractSource, type SourceFacts } from './write-module.ts'
import { utf8Length } from '#runtime'

/** What `inferContract` takes beside the samples. */
export interface InferOptions {
  /** The contract's name: 1 to 64 of `a-z`, `0-9` and `-`. */
  readonly name: string
  /** Adds the payload's type to the source. */
  readonly typescript?: boolean
  /** Where the samples come from, for the first line of the source. */
  readonly origin?: string
  /** Called for each sample that no contract could accept; `index` counts from 0. */
  readonly onSkipped?: (skipped: Skipped) => void
}

/** A sample that is not strict JSON, or beyond what any contract's limits allow. */
export interface Skipped {
  /** Its place among the samples, counted from 0. */
  readonly index: number
  /** Why no contract could accept it. */
  readonly code: DataCode
  /** JSON pointer, where the fault has a place. */
  readonly pointer: string | undefined
}

/** A draft, to be reviewed. */
export interface Inferred {
  /** A module that exports the contract, with what to review as comments. */
  readonly source: string
  /** What `source` defines. It accepts every sample it was inferred from. */
  readonly contract: Contract
  /** How many samples were good. */
  readonly samples: number
  /** How many were left out. */
  readonly skipped: number
}

/** The widest limits that a contract may have. */
const widest: ReadLimits = { maxBytes: 67_108_864, maxDepth: 120, maxKeys: 1_000_000, numbers: 'double' }
const defaults: Limits = { maxBytes: 1_048_576, maxDepth: 64, maxKeys: 10_000 }
const mostLooks = 4

/**
 * Drafts a contract from sample payloads (JSON text, or the UTF-8 bytes of it). The samples are gone through several
 * times, one at a time: hand in an array, or an object whose iterator starts anew.
 *
 * Throws `options.invalid` when no sample is good JSON.
 */
export function inferContract(samples: Iterable<Uint8Array | string>, options: InferOptions): Inferred {
  let { shape, facts } = look(samples, undefined, options.onSkipped)
  if (facts.samples === 0)
    throw new SidelaneError('options.invalid', { message: 'Expected at least one sample that is good JSON' })
  for (let looks = 1; looks < mostLooks; looks++) {
    const { plan, changed } = nextPlan(shape)
    if (!changed) break
    ;({ shape, facts } = look(samples, plan, undefined))
  }
  const limits = limitsFor(facts)
  const numbers = facts.unsafe ? 'double' : undefined
  const define = (schema: Expression): Contract =>
    defineContract({
      name: options.name,
      schema: buildZod(schema),
      ...(numbers === undefined ? {} : { numbers }),
      ...(limits === undefined ? {} : { limits }),
    })
  const { schema, contract } = fitting(shape, define)
  const source: SourceFacts = {
    name: options.name,
    origin: options.origin,
    samples: facts.samples,
    skipped: facts.skipped,
    typescript: options.typescript === true,
    numbers,
    limits,
  }
  return { source: contractSource(schema, source), contract, samples: facts.samples, skipped: facts.skipped }
}

interface Facts {
  samples: number
  skipped: number
  bytes: number
  depth: number
  keys: number
  unsafe: boolean
}

function look(
  samples: Iterable<Uint8Array | string>,
  plan: Plan | undefined,
  onSkipped: InferOptions['onSkipped'],
): { shape: Shape; facts: Facts } {
  const shape = newShape(plan)
  const facts: Facts = { samples: 0, skipped: 0, bytes: 0, depth: 0, keys: 0, unsafe: false }
  let index = 0
  for (const sample of samples) {
    const read = typeof sample === 'string' ? readText(sample, widest) : readBytes(sample, widest)
    if (read.ok) {
      facts.samples++
      facts.bytes = Math.max(facts.bytes, typeof sample === 'string' ? utf8Length(sample) : sample.length)
      measure(read.value, 0, facts)
      observe(shape, read.value)
    } else {
      facts.skipped++
      onSkipped?.({ index, code: read.code, pointer: read.pointer })
    }
    index++
  }
  return { shape, facts }
}

function measure(value: JsonValue, depth: number, facts: Facts): void {
  if (typeof value === 'number') facts.unsafe ||= Number.isInteger(value) && !Number.isSafeInteger(value)
  if (value === null || typeof value !== 'object') return
  facts.depth = Math.max(facts.depth, depth + 1)
  if (Array.isArray(value)) {
    for (const item of value) measure(item, depth + 1, facts)
    return
  }
  facts.keys = Math.max(facts.keys, value.members.length)
  for (const member of value.members) measure(member.value, depth + 1, facts)
}

/** Only what the defaults would refuse, with room to twice the largest sample. */
function limitsFor({ bytes, depth, keys }: Facts): Partial<Limits> | undefined {
  const limits = {
    ...(bytes <= defaults.maxBytes ? {} : { maxBytes: Math.min(widest.maxBytes, powerOfTwo(2 * bytes)) }),
    ...(depth <= defaults.maxDepth ? {} : { maxDepth: widest.maxDepth }),
    ...(keys <= defaults.maxKeys ? {} : { maxKeys: Math.min(widest.maxKeys, 2 * keys) }),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** The deepest draft that a lock can hold: a lock has limits of its own. */
function fitting(shape: Shape, define: (schema: Expression) => Contract): { schema: Expression; contract: Contract } {
  for (const depth of [56, 24, 12, 8, 6, 4, 3, 2, 1]) {
    const schema = draft(shape, depth)
    try {
      return { schema, contract: define(schema) }
    } catch (error) {
      // A wrong name or a fault of ours would be one at any depth.
      if (depth === 1 || !(error instanceof SidelaneError) || error.pointer === '/name') throw error
    }
  }
  throw new TypeError('unreachable')
}
