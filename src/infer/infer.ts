// inferContract(): drafts a contract from samples, as zod source and as the contract that the source defines.

import {
  booleanRule,
  check,
  functionRule,
  invalidOptions,
  SidelaneError,
  stringRule,
  type Contract,
  type Rule,
} from '../model/index.ts'
import { choice } from '../util/option-parsers.ts'
import { defineContract } from '../contract/define/index.ts'
import { draftSchema, type DraftOptions } from './draft-schema.ts'
import { readSamples, type LargeInteger, type Skipped } from './read-samples.ts'
import { buildZod, type Draft } from './schema-ast.ts'
import { objectCounts, type ValueShape } from './shape.ts'
import { sharedShapeOf } from './shared-shapes.ts'
import { contractSource, typeName } from './write-module.ts'

/** Options of `inferContract`. */
export interface InferOptions {
  /** The contract's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string
  /**
   * What becomes of members that no sample had: `strip` (the default) drops them from the document, `strict` rejects
   * them, `loose` keeps them.
   */
  readonly objects?: 'strip' | 'strict' | 'loose' | undefined
  /** Writes values of the samples into comments. Without it comments say how many and how long. */
  readonly showValues?: boolean | undefined
  /** Adds the payload's type to the source. */
  readonly typescript?: boolean | undefined
  /** The origin of the samples, for the first line of the source. */
  readonly origin?: string | undefined
  /** Called for each sample that no contract could accept; `index` counts from 0. */
  readonly onSkipped?: ((skipped: Skipped) => void) | undefined
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
  /** The integer that decided `numbers`, if a sample has one beyond ±(2^53 - 1). */
  readonly largeInteger: LargeInteger | undefined
  /** What the draft leaves open to fit the bounds of a lock, as a sentence; undefined when nothing. */
  readonly cut: string | undefined
  /** @internal The schema as data: `buildZod` makes it in another process. */
  readonly draft: Draft
}

const rules: Readonly<Record<keyof InferOptions, Rule>> = {
  name: stringRule,
  objects: choice('strip', 'strict', 'loose'),
  showValues: booleanRule,
  typescript: booleanRule,
  origin: stringRule,
  onSkipped: functionRule,
}

/**
 * Drafts a contract from sample payloads (JSON text, or the UTF-8 bytes of it). Their order does not matter. All samples
 * are held in memory.
 *
 * Throws `options.invalid`, also when no sample is valid JSON; `contract.invalid` for a name that is none.
 */
export function inferContract(samples: Iterable<Uint8Array | string> & object, options: InferOptions): Inferred {
  check('inferContract', options, rules)
  if (options.name === undefined) throw invalidOptions('Expected `name` to be a string, got nothing')
  const { values, skipped, largeInteger, limits } = readSamples(samples, options.onSkipped)
  if (values.length === 0) throw invalidOptions('Expected at least one sample that is good JSON')
  const { name, origin, typescript = false, objects = 'strip', showValues = false } = options
  const numbers = largeInteger?.numbers
  const define = (draft: Draft): Contract =>
    defineContract({ name, schema: buildZod(draft), ...(numbers && { numbers }), ...(limits && { limits }) })
  const { draft, contract, cut } = fitting(
    sharedShapeOf(values),
    { objects, showValues, numbers, reserved: new Set([typeName(name)]) },
    define,
  )
  const source = contractSource(draft, {
    name,
    origin,
    samples: values.length,
    skipped,
    typescript,
    numbers,
    limits,
    cut,
    objects,
  })
  return { source, contract, samples: values.length, skipped, largeInteger, cut, draft }
}

interface Fitting {
  readonly draft: Draft
  readonly contract: Contract
  readonly cut: string | undefined
}

/** The levels of a draft: each takes up to two in a lock. */
const maxDepth = 56

/** The largest draft that fits the bounds of a lock: what is rare in the samples is left open first. */
function fitting(
  shape: ValueShape,
  options: Omit<DraftOptions, 'minObjects' | 'depth'>,
  define: (draft: Draft) => Contract,
): Fitting {
  const tried = (minObjects: number, depth: number): Fitting | SidelaneError => {
    const draft = draftSchema(shape, { ...options, minObjects, depth })
    try {
      return { draft, contract: define(draft), cut: cutOf(minObjects, depth) }
    } catch (error) {
      // An invalid name or an internal error does not depend on the size.
      if (!(error instanceof SidelaneError) || error.pointer === '/name') throw error
      return error
    }
  }
  const whole = tried(0, maxDepth)
  if (!(whole instanceof SidelaneError)) return whole
  const counts = objectCounts(shape)
  let best: Fitting | undefined
  let [low, high] = [0, counts.length - 1]
  while (low <= high) {
    const middle = (low + high) >>> 1
    const result = tried((counts[middle] as number) + 1, maxDepth)
    if (result instanceof SidelaneError) low = middle + 1
    else {
      best = result
      high = middle - 1
    }
  }
  if (best !== undefined && best.draft.schema.callee !== 'z.unknown') return best
  // Not the number of shapes is the problem but how deep they nest.
  for (const depth of [24, 12, 8, 6, 4, 3, 2, 1]) {
    const result = tried(0, depth)
    if (!(result instanceof SidelaneError)) return result
  }
  throw whole
}

function cutOf(minObjects: number, depth: number): string | undefined {
  if (depth < maxDepth)
    return `What is more than ${depth} levels deep is left open: the whole draft exceeds the bounds of a lock.`
  if (minObjects === 0) return undefined
  const times = minObjects === 2 ? 'once' : `less than ${minObjects} times`
  return `Objects seen ${times} are left open, as z.unknown(): the whole draft exceeds the bounds of a lock.`
}
