// Turns statistics into a schema that accepts all observed values; guesses get a note. Optional members and enums are
// guessed from few samples, bounds of lengths and ranges never.

import { compareKeys } from '../json/index.ts'
import { enumOf, isRecord, kindsOf } from './choose-schema.ts'
import { call, chained, noted, type Expression } from './schema-ast.ts'
import { bestFormat, formatSchema } from './formats.ts'
import {
  becomeRecord,
  mergeVariant,
  type ArrayStatistics,
  type NumberStatistics,
  type ObjectStatistics,
  type ValueStatistics,
  type StringStatistics,
  type Variant,
} from './sample-statistics.ts'
import { expressionText } from './write-zod.ts'

/** The schema of the statistics. Below `depth` levels it accepts any value, because the size of a lock is limited. */
export function buildSchema(statistics: ValueStatistics, depth: number): Expression {
  if (statistics.nulls === statistics.count && statistics.count > 0)
    return call('z.null', [], ['nothing but null was seen'])
  const kinds = kindsOf(statistics)
  if (kinds.length === 0) return call('z.unknown', [], ['no value was seen'])
  if (depth <= 0) return call('z.unknown', [], ['left open: nested too deep for a draft'])
  const single = kinds.length === 1
  const schemas = kinds.map(([kind]) => draftKind(kind, statistics, depth, single))
  const counts = kinds.map(([kind, count]) => counted(count, kind)).join(', ')
  const schema = single ? (schemas[0] as Expression) : call('z.union', [schemas], [`of several types: ${counts}`])
  return statistics.nulls === 0
    ? schema
    : chained(noted(schema, `null in ${outOf(statistics.nulls, statistics.count)}`), 'nullable')
}

function draftKind(kind: string, statistics: ValueStatistics, depth: number, single: boolean): Expression {
  if (kind === 'string') return draftStrings(statistics.strings, single)
  if (kind === 'number') return draftNumbers(statistics.numbers)
  if (kind === 'array' && statistics.arrays) return draftArrays(statistics.arrays, depth)
  if (kind === 'object' && statistics.objects) return draftObjects(statistics.objects, depth)
  return call('z.boolean')
}

const outOf = (part: number, whole: number): string => `${part} of ${whole}`

function draftStrings(facts: StringStatistics, guess: boolean): Expression {
  const { count, shortest, longest, values, formats, padded } = facts
  const format = bestFormat(formats)
  if (format !== undefined) {
    const weak = count === 1 ? [`${format.words}, guessed from one value`] : []
    return formatSchema(format, weak)
  }
  const words = guess ? enumOf(facts) : undefined
  if (words !== undefined) {
    return call('z.enum', [words], [`enum guessed from ${words.length} values in ${count}; any other is rejected`])
  }
  const [only] = values?.size === 1 && count > 1 ? values.keys() : []
  const length = shortest === longest ? `length always ${shortest}` : `length seen ${shortest}..${longest}`
  const notes = [only === undefined ? length : `always ${JSON.stringify(only)}`]
  if (padded > 0) notes.push(`white space at an end in ${outOf(padded, count)}: norm(…, ['trim'])?`)
  return call('z.string', [], notes)
}

function draftNumbers({ count, integers, unsafe, least, greatest }: NumberStatistics): Expression {
  const range = least === greatest ? `always ${least}` : `seen ${least}..${greatest}`
  if (unsafe > 0)
    return call('z.number', [], [`beyond 2^53 - 1 in ${outOf(unsafe, count)}: digits are lost; a string keeps them`])
  return integers === count ? call('z.int', [], [range]) : call('z.number', [], [range])
}

function draftArrays({ fewest, most, items }: ArrayStatistics, depth: number): Expression {
  if (most === 0) return call('z.array', [call('z.unknown')], ['always empty: what are its items?'])
  const item = buildSchema(items, depth - 1)
  const notes = [fewest === most ? `always ${counted(most, 'item')}` : `${fewest}..${counted(most, 'item')} seen`]
  return call('z.array', [item], [...notes, ...item.notes.map((note) => `each item: ${note}`)])
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function draftObjects(objects: ObjectStatistics, depth: number): Expression {
  if (isRecord(objects)) becomeRecord(objects)
  if (objects.record !== undefined) return draftRecord(objects.record, depth)
  const variants = [...objects.variants]
  const [first] = variants
  if (objects.discriminator !== undefined && variants.length > 1)
    return draftVariants(objects.discriminator, variants, depth)
  return first === undefined ? call('z.unknown') : draftVariant(first[1], depth)
}

function draftRecord({ values, keys }: NonNullable<ObjectStatistics['record']>, depth: number): Expression {
  const value = buildSchema(values, depth - 1)
  return call(
    'z.record',
    [keySchema(keys), value],
    ['taken for a map: its keys look like data', ...value.notes.map((note) => `each value: ${note}`)],
  )
}

function keySchema({ formats, values }: StringStatistics): Expression {
  const format = bestFormat(formats)
  if (format !== undefined && format.callee === 'z.uuid') return call('z.uuid')
  const digits = values !== undefined && [...values.keys()].every((key) => /^[0-9]+$/.test(key))
  return digits ? call('z.string().regex', [/^[0-9]+$/]) : call('z.string')
}

function draftVariant(
  { count, members }: Variant,
  depth: number,
  discriminatorValue?: readonly [string, Expression],
): Expression {
  if (members.size === 0) {
    const any = [call('z.string'), call('z.unknown')]
    return call('z.record', any, ['always empty: what are its members?'])
  }
  const written = [...members]
    .toSorted(([a], [b]) => compareKeys(a, b))
    .map(([key, statistics]) => {
      if (key === discriminatorValue?.[0]) return discriminatorValue
      const schema = buildSchema(statistics, depth - 1)
      if (statistics.count === count) return [key, schema] as const
      return [key, chained(noted(schema, `in ${outOf(statistics.count, count)}`), 'optional')] as const
    })
  return call('z.strictObject', [new Map(written)])
}

interface Group {
  readonly values: string[]
  readonly variant: Variant
}

/** A discriminated union. Discriminator values with the same schema share a branch. */
function draftVariants(
  discriminator: string,
  variants: readonly (readonly [string, Variant])[],
  depth: number,
): Expression {
  const groups = new Map<string, Group>()
  for (const [value, variant] of variants.toSorted(([a], [b]) => compareKeys(a, b))) {
    const text = expressionText(draftVariant(variant, depth, [discriminator, call('z.literal')]))
    const group: Group = groups.get(text) ?? { values: [], variant: { count: 0, members: new Map() } }
    groups.set(text, group)
    group.values.push(value)
    mergeVariant(group.variant, variant)
  }
  const branches = [...groups.values()].map(({ values, variant }) => {
    const [only] = values.length === 1 ? values : []
    const literal = call('z.literal', [only ?? values])
    const schema = draftVariant(variant, depth, [discriminator, literal])
    return noted(schema, `${variant.count} samples`)
  })
  return call(
    'z.discriminatedUnion',
    [discriminator, branches],
    [
      `${JSON.stringify(discriminator)} decides the shape (guessed from ${variants.length} values); any other value is rejected`,
    ],
  )
}
