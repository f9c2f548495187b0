// Turns shapes into a schema that accepts all samples; guesses get a note. Optional members and enums are guessed from few
// samples, bounds of lengths and ranges never.

import { enumOf } from './enums.ts'
import { bestFormat, formatSchema } from './formats.ts'
import { ShapeUses } from './shape-uses.ts'
import type { NumberFacts, StringFacts } from './scalar-facts.ts'
import { call, chained, constant, constantsIn, noted, type Draft, type Expression } from './schema-ast.ts'
import type {
  ArrayShape,
  MembersShape,
  ObjectShape,
  PlainShape,
  RecordShape,
  DiscriminatedShape,
  ValueShape,
} from './shape.ts'
import { expressionText } from './write-zod.ts'

export interface DraftOptions {
  readonly objects: 'strip' | 'strict' | 'loose'
  /** Writes values of the samples into comments. */
  readonly showValues: boolean
  /** What the contract does with integers beyond 2^53 - 1, if there are any. */
  readonly numbers: 'int64' | 'double' | undefined
  /** Objects at places with fewer of them are left open, because the size of a lock is limited. */
  readonly minObjects: number
  /** Names that the module has for other things. */
  readonly reserved: ReadonlySet<string>
  /** Below this many levels any value is accepted. */
  readonly depth: number
}

/** The schema of the samples, with constants for the shapes that are used more than once. */
export function draftSchema(root: ValueShape, options: DraftOptions): Draft {
  const drafter = new Drafter(root, options)
  const schema = drafter.value(root, '', options.depth)
  return { schema, constants: declarations(schema, drafter.constants) }
}

/** The constants that `schema` uses, each below those it uses itself, as far as no cycle forbids it. */
function declarations(schema: Expression, all: ReadonlyMap<string, Expression>): ReadonlyMap<string, Expression> {
  const declared = new Map<string, Expression>()
  const entered = new Set<string>()
  const visit = (expression: Expression): void => {
    for (const name of constantsIn(expression)) {
      if (entered.has(name)) continue
      entered.add(name)
      const used = all.get(name) as Expression
      visit(used)
      declared.set(name, used)
    }
  }
  visit(schema)
  return declared
}

const objectCalls = { strip: 'z.object', strict: 'z.strictObject', loose: 'z.looseObject' }

/** In fewer objects a member that was always there may be missing in the next. */
const minRequired = 3

class Drafter {
  readonly constants = new Map<string, Expression>()
  readonly #options: DraftOptions
  readonly #uses: ShapeUses
  /** Objects of the root: all there is, when they are few. */
  readonly #samples: number

  constructor(root: ValueShape, options: DraftOptions) {
    this.#options = options
    this.#uses = new ShapeUses(root, options.reserved)
    this.#samples = root.count
  }

  /** The schema of the values at the member `label`. */
  value(shape: ValueShape, label: string, depth: number): Expression {
    if (shape.nulls === shape.count && shape.count > 0)
      return shape.count < minNulls
        ? call('z.unknown', [], ['nothing but null was seen: what else may it be?'])
        : call('z.null', [], ['nothing but null was seen'])
    const kinds = kindsOf(shape)
    if (kinds.length === 0) return call('z.unknown', [], ['no value was seen'])
    if (depth <= 0) return call('z.unknown', [], ['left open: nested too deep for a draft'])
    const single = kinds.length === 1
    const schemas = kinds.map(([kind]) => this.#kind(kind, shape, label, depth, single))
    const counts = kinds.map(([kind, count]) => counted(count, kind)).join(', ')
    const schema = single ? (schemas[0] as Expression) : call('z.union', [schemas], [`of several types: ${counts}`])
    if (shape.nulls === 0 || schema.callee === 'z.unknown') return schema
    return chained(noted(schema, `null in ${outOf(shape.nulls, shape.count)}`), 'nullable')
  }

  #kind(kind: string, shape: ValueShape, label: string, depth: number, single: boolean): Expression {
    if (kind === 'string' && shape.strings) return this.#strings(shape.strings, label, single)
    if (kind === 'number' && shape.numbers) return this.#numbers(shape.numbers, label)
    if (kind === 'array' && shape.arrays) return this.#arrays(shape.arrays, label, depth)
    if (kind === 'object' && shape.objects) return this.#objects(shape.objects, label, depth)
    return call('z.boolean')
  }

  #strings(facts: StringFacts, label: string, guess: boolean): Expression {
    const { count, shortest, longest, values, formats, padded } = facts
    const format = bestFormat(formats)
    if (format !== undefined) {
      const weak = count === 1 ? [`${format.words}, guessed from one value`] : []
      return formatSchema(format, weak)
    }
    const words = guess ? enumOf(facts, label) : undefined
    if (words !== undefined) {
      return call('z.enum', [words], [`enum guessed from ${words.length} values in ${count}; any other is rejected`])
    }
    const [only] = this.#options.showValues && values?.size === 1 ? values.keys() : []
    const length = shortest === longest ? `length always ${shortest}` : `length seen ${shortest}..${longest}`
    const notes = [only === undefined ? length : `always ${JSON.stringify(only)}`]
    if (padded > 0) notes.push(`white space at an end in ${outOf(padded, count)}: .trim()?`)
    return call('z.string', [], notes)
  }

  #numbers({ count, integers, unsafe, least, greatest }: NumberFacts, label: string): Expression {
    const range = least === greatest ? `always ${least}` : `seen ${least}..${greatest}`
    const notes = this.#options.showValues ? [range] : []
    if (unsafe > 0) {
      const beyond = `beyond 2^53 - 1 in ${outOf(unsafe, count)}`
      if (this.#options.numbers !== 'int64' || integers < count)
        return call('z.number', [], [`${beyond}: digits are lost; a string keeps them`, ...notes])
      return call(greatest < 2n ** 63n ? 'z.int64' : least >= 0 ? 'z.uint64' : 'z.bigint', [], [beyond, ...notes])
    }
    if (integers < count) return call('z.number', [], notes)
    return call(count < minIntegers && !isWholeName.test(label) ? 'z.number' : 'z.int', [], notes)
  }

  #arrays({ fewest, most, items }: ArrayShape, label: string, depth: number): Expression {
    if (most === 0) return call('z.array', [call('z.unknown')], ['always empty: what are its items?'])
    const item = this.value(items, label, depth - 1)
    const notes = [fewest === most ? `always ${counted(most, 'item')}` : `${fewest}..${counted(most, 'item')} seen`]
    return call('z.array', [item], [...notes, ...item.notes.map((note) => `each item: ${note}`)])
  }

  #objects(shape: ObjectShape, label: string, depth: number): Expression {
    const { length } = shape.objects
    if (shape.kind === 'shared') {
      const { shape: inner } = shape.shared
      const name = this.#uses.nameOf(shape.shared)
      if (name === undefined) return this.#plain(inner, depth)
      if (inner.objects.length < this.#options.minObjects) return leftOpen(inner.objects.length)
      if (!this.constants.has(name)) {
        this.constants.set(name, constant(name))
        this.constants.set(name, this.#plain(inner, this.#options.depth))
      }
      return constant(name)
    }
    if (length < this.#options.minObjects) return leftOpen(length)
    return shape.kind === 'record' ? this.#record(shape, label, depth) : this.#plain(shape, depth)
  }

  #record({ values, keys }: RecordShape, label: string, depth: number): Expression {
    const value = this.value(values, label, depth - 1)
    return call(
      'z.record',
      [keySchema(keys), value],
      ['taken for a map: its keys look like data', ...value.notes.map((note) => `each value: ${note}`)],
    )
  }

  #plain(shape: PlainShape, depth: number): Expression {
    return shape.kind === 'discriminated' ? this.#discriminated(shape, depth) : this.#members(shape, depth)
  }

  #members(shape: MembersShape, depth: number, discriminator?: readonly [string, Expression]): Expression {
    const { members, objects } = shape
    if (members.size === 0) {
      const any = [call('z.string'), call('z.unknown')]
      return call('z.record', any, ['always empty: what are its members?'])
    }
    const all = objects.length
    const enough = all >= Math.min(minRequired, this.#samples)
    const written = [...members].map(([key, member]) => {
      if (key === discriminator?.[0]) return discriminator
      const schema = this.value(member, key, depth - 1)
      if (member.count === all && enough) return [key, schema] as const
      const seen = member.count < all ? `in ${outOf(member.count, all)}` : `in all, of only ${all}`
      return [key, chained(noted(schema, seen), 'optional')] as const
    })
    return call(objectCalls[this.#options.objects], [new Map(written)])
  }

  /** A discriminated union. Values of the discriminator with the same schema share a branch. */
  #discriminated({ discriminator, branches }: DiscriminatedShape, depth: number): Expression {
    const groups = new Map<string, { readonly values: string[]; readonly shapes: MembersShape[] }>()
    for (const [value, shape] of branches) {
      const text = expressionText(this.#members(shape, depth, [discriminator, call('z.literal')]))
      const group = groups.get(text)
      if (group === undefined) groups.set(text, { values: [value], shapes: [shape] })
      else {
        group.values.push(value)
        group.shapes.push(shape)
      }
    }
    const drafted = [...groups.values()].map(({ values, shapes }) => {
      const [only] = values.length === 1 ? values : []
      const literal = call('z.literal', [only ?? values])
      const schema = this.#members(shapes[0] as MembersShape, depth, [discriminator, literal])
      return noted(
        schema,
        counted(
          shapes.reduce((sum, { objects }) => sum + objects.length, 0),
          'sample',
        ),
      )
    })
    return call(
      'z.discriminatedUnion',
      [discriminator, drafted],
      [
        `${JSON.stringify(discriminator)} decides the shape (guessed from ${branches.size} values); any other value is rejected`,
      ],
    )
  }
}

/** With fewer nulls, the next value may well be another. */
const minNulls = 10
/** With fewer numbers, a fraction may follow, unless the name says otherwise. */
const minIntegers = 3
const isWholeName =
  /^(?:id|count|size|index|number|version|year|port|length|offset|limit|quantity|total_count)$|(?:_id|Id|_count|Count|_at|At)$/

const leftOpen = (count: number): Expression =>
  call('z.unknown', [], [`left open: seen ${counted(count, 'time')}, and the whole draft exceeds the bounds of a lock`])

const outOf = (part: number, whole: number): string => `${part} of ${whole}`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function keySchema({ formats, values }: StringFacts): Expression {
  const format = bestFormat(formats)
  if (format !== undefined && format.callee === 'z.uuid') return call('z.uuid')
  const digits = values !== undefined && [...values.keys()].every((key) => /^[0-9]+$/.test(key))
  return digits ? call('z.string().regex', [/^[0-9]+$/]) : call('z.string')
}

/** The types of the observed values without null, with their counts. */
function kindsOf({ strings, numbers, booleans, arrays, objects }: ValueShape): [string, number][] {
  const counts = {
    string: strings?.count ?? 0,
    number: numbers?.count ?? 0,
    boolean: booleans,
    array: arrays?.count ?? 0,
    object: objects?.objects.length ?? 0,
  }
  return Object.entries(counts).filter(([, count]) => count > 0)
}
