// From a shape to a schema: what was seen becomes what is accepted, and what is a guess gets a note. Guesses are bold
// where a member is missing or a word comes again and again, and none is made about lengths and ranges.

import { compareKeys } from '../json/index.ts'
import { enumOf, isRecord, kindsOf } from './choose-schema.ts'
import { call, chained, noted, schemaArgument, type Expression } from './schema-ast.ts'
import { bestFormat } from './formats.ts'
import {
  becomeRecord,
  mergeVariant,
  type ArrayFacts,
  type NumberFacts,
  type ObjectFacts,
  type Shape,
  type StringFacts,
  type Variant,
} from './sample-statistics.ts'
import { expressionText } from './write-zod.ts'

/** The schema of a shape. Below `depth` levels it takes anything: a lock may not be of any size. */
export function draft(shape: Shape, depth: number): Expression {
  if (shape.nulls === shape.count && shape.count > 0) return call('z.null', [], ['nothing but null was seen'])
  const kinds = kindsOf(shape)
  if (kinds.length === 0) return call('z.unknown', [], ['no value was seen'])
  if (depth <= 0) return call('z.unknown', [], ['left open: nested too deep for a draft'])
  const single = kinds.length === 1
  const schemas = kinds.map((kind) => ofKind(kind, shape, depth, single))
  const [first] = schemas
  const schema =
    single && first !== undefined
      ? first
      : call('z.union', [{ kind: 'schemas', schemas }], [`of several types: ${kindCounts(shape)}`])
  return shape.nulls === 0 ? schema : chained(noted(schema, `null in ${outOf(shape.nulls, shape.count)}`), 'nullable')
}

function ofKind(kind: string, shape: Shape, depth: number, single: boolean): Expression {
  if (kind === 'string' && shape.strings) return ofStrings(shape.strings, single)
  if (kind === 'number' && shape.numbers) return ofNumbers(shape.numbers)
  if (kind === 'array' && shape.arrays) return ofArrays(shape.arrays, depth)
  if (kind === 'object' && shape.objects) return ofObjects(shape.objects, depth)
  return call('z.boolean')
}

const kindCounts = ({ strings, numbers, booleans, arrays, objects }: Shape): string =>
  [
    ['string', strings?.count ?? 0] as const,
    ['number', numbers?.count ?? 0] as const,
    ['boolean', booleans] as const,
    ['array', arrays?.count ?? 0] as const,
    ['object', objects?.count ?? 0] as const,
  ]
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`)
    .join(', ')

const outOf = (part: number, whole: number): string => `${part} of ${whole}`

function ofStrings(facts: StringFacts, guess: boolean): Expression {
  const { count, shortest, longest, values, formats, padded } = facts
  const format = bestFormat(formats)
  if (format !== undefined) {
    const weak = count === 1 ? [`${format.words}, guessed from one value`] : []
    return call(format.callee, format.options === undefined ? [] : [{ kind: 'options', options: format.options }], weak)
  }
  const words = guess ? enumOf(facts) : undefined
  if (words !== undefined) {
    return call(
      'z.enum',
      [{ kind: 'literals', values: words }],
      [`enum guessed from ${words.length} values in ${count}; any other is rejected`],
    )
  }
  const [only] = values?.size === 1 && count > 1 ? values.keys() : []
  const length = shortest === longest ? `length always ${shortest}` : `length seen ${shortest}..${longest}`
  const notes = [only === undefined ? length : `always ${JSON.stringify(only)}`]
  if (padded > 0) notes.push(`white space at an end in ${outOf(padded, count)}: norm(…, ['trim'])?`)
  return call('z.string', [], notes)
}

function ofNumbers({ count, integers, unsafe, least, greatest }: NumberFacts): Expression {
  const range = least === greatest ? `always ${least}` : `seen ${least}..${greatest}`
  if (unsafe > 0)
    return call('z.number', [], [`beyond 2^53 - 1 in ${outOf(unsafe, count)}: digits are lost; a string keeps them`])
  return integers === count ? call('z.int', [], [range]) : call('z.number', [], [range])
}

function ofArrays({ fewest, most, items }: ArrayFacts, depth: number): Expression {
  if (most === 0) return call('z.array', [schemaArgument(call('z.unknown'))], ['always empty: what are its items?'])
  const item = draft(items, depth - 1)
  const notes = [fewest === most ? `always ${itemCount(most)}` : `${fewest}..${itemCount(most)} seen`]
  return call('z.array', [schemaArgument(item)], [...notes, ...item.notes.map((note) => `each item: ${note}`)])
}

const itemCount = (count: number): string => `${count} item${count === 1 ? '' : 's'}`

function ofObjects(objects: ObjectFacts, depth: number): Expression {
  if (isRecord(objects)) becomeRecord(objects)
  if (objects.record !== undefined) return ofRecord(objects.record, depth)
  const variants = [...objects.variants]
  const [first] = variants
  if (objects.tag !== undefined && variants.length > 1) return ofVariants(objects.tag, variants, depth)
  return first === undefined ? call('z.unknown') : ofVariant(first[1], depth)
}

function ofRecord({ values, keys }: NonNullable<ObjectFacts['record']>, depth: number): Expression {
  const value = draft(values, depth - 1)
  return call(
    'z.record',
    [schemaArgument(keySchema(keys)), schemaArgument(value)],
    ['taken for a map: its keys look like data', ...value.notes.map((note) => `each value: ${note}`)],
  )
}

function keySchema({ formats, values }: StringFacts): Expression {
  const format = bestFormat(formats)
  if (format !== undefined && format.callee === 'z.uuid') return call('z.uuid')
  const digits = values !== undefined && [...values.keys()].every((key) => /^[0-9]+$/.test(key))
  return digits ? call('z.string().regex', [{ kind: 'pattern', source: '^[0-9]+$' }]) : call('z.string')
}

function ofVariant({ count, members }: Variant, depth: number, told?: readonly [string, Expression]): Expression {
  if (members.size === 0) {
    const any = [schemaArgument(call('z.string')), schemaArgument(call('z.unknown'))]
    return call('z.record', any, ['always empty: what are its members?'])
  }
  const written = [...members]
    .toSorted(([a], [b]) => compareKeys(a, b))
    .map(([key, shape]) => {
      if (key === told?.[0]) return told
      const schema = draft(shape, depth - 1)
      if (shape.count === count) return [key, schema] as const
      return [key, chained(noted(schema, `in ${outOf(shape.count, count)}`), 'optional')] as const
    })
  return call('z.strictObject', [{ kind: 'members', members: written }])
}

interface Group {
  readonly values: string[]
  readonly variant: Variant
}

/** A discriminated union. Values of the tag that come with the same shape share a branch. */
function ofVariants(tag: string, variants: readonly (readonly [string, Variant])[], depth: number): Expression {
  const groups = new Map<string, Group>()
  for (const [value, variant] of variants.toSorted(([a], [b]) => compareKeys(a, b))) {
    const text = expressionText(ofVariant(variant, depth, [tag, call('z.literal')]))
    const group: Group = groups.get(text) ?? { values: [], variant: { count: 0, members: new Map() } }
    groups.set(text, group)
    group.values.push(value)
    mergeVariant(group.variant, variant)
  }
  const branches = [...groups.values()].map(({ values, variant }) => {
    const [only] = values.length === 1 ? values : []
    const literal = call('z.literal', [
      only === undefined ? { kind: 'literals', values } : { kind: 'literal', value: only },
    ])
    const schema = ofVariant(variant, depth, [tag, literal])
    return noted(schema, `${variant.count} samples`)
  })
  return call(
    'z.discriminatedUnion',
    [
      { kind: 'literal', value: tag },
      { kind: 'schemas', schemas: branches },
    ],
    [`${JSON.stringify(tag)} decides the shape (guessed from ${variants.length} values); any other value is rejected`],
  )
}
