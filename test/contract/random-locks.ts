// Random schemas of locks, changes of them, and payloads that they accept or nearly accept.

import * as fc from 'fast-check'
import { Random } from '../differential/payloads.ts'

/** A schema of a lock, as JSON. */
export interface Node {
  [keyword: string]: unknown
  type?: string | string[]
  properties?: Record<string, Node>
  required?: string[]
  items?: Node | false
  prefixItems?: Node[]
  additionalProperties?: Node | boolean
  propertyNames?: Node
  anyOf?: Node[]
  oneOf?: Node[]
}

/** A pseudo-random choice, so that one number repeats a change. */
export class Choice extends Random {
  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }
}

const keys = ['a', 'b', 'c']
const defaults = ['x', ' ', 5, null, {}, [], { a: 'x' }, 'long '.repeat(20), `${'long '.repeat(20)}er`]

const leaves: readonly Node[] = [
  {},
  { type: 'string' },
  { type: 'string' },
  { type: 'string', maxLength: 1 },
  { type: 'string', minLength: 2 },
  { type: 'string', pattern: '^a' },
  { type: 'string', 'x-norm': ['trim'] },
  { type: 'string', 'x-norm': ['lower'], minLength: 1 },
  { type: 'string', 'x-coerce': true },
  { type: 'string', 'x-coerce': true, 'x-norm': ['trim'], maxLength: 4 },
  { type: 'string', 'x-url': {} },
  { type: 'string', 'x-url': { protocol: '^https$' } },
  { type: 'number' },
  { type: 'number', minimum: 1 },
  { type: 'number', exclusiveMaximum: 5 },
  { type: 'number', 'x-coerce': true },
  { type: 'number', 'x-coerce': true, minimum: 1 },
  { type: 'integer' },
  { type: 'integer', multipleOf: 5 },
  { type: 'boolean' },
  { type: 'boolean', 'x-coerce': true },
  { type: 'null' },
  { type: ['boolean', 'string'] },
  { type: ['number', 'string'] },
  { type: ['null', 'string'] },
  { type: ['null', 'string'], 'x-norm': ['trim'] },
  { const: 'a' },
  { const: 5 },
  { const: null },
  { enum: ['a', 'b'] },
  { enum: ['a', null, 5] },
  { enum: ['a', 'b'], 'x-norm': ['trim'] },
  { $ref: '#/$defs/shared' },
]

export function randomNode(choice: Choice, depth: number): Node {
  if (depth === 0 || choice.once(3)) return { ...choice.pick(leaves) }
  const inner = (): Node => randomNode(choice, depth - 1)
  switch (choice.below(9)) {
    case 0:
    case 1:
    case 2:
      return randomObject(choice, inner)
    case 3:
      return { type: 'array', items: inner() }
    case 4:
      return randomTuple(choice, inner)
    case 5:
      return {
        type: 'object',
        propertyNames: choice.pick<Node>([{ type: 'string' }, { enum: ['a', 'b'] }, { type: 'string', maxLength: 1 }]),
        additionalProperties: inner(),
      }
    case 6:
      return { anyOf: [inner(), { type: 'null' }] }
    case 7:
      return {
        'x-discriminator': 'k',
        oneOf: ['p', 'q'].map((value) => withMember(randomObject(choice, inner), 'k', { const: value })),
      }
    default:
      return { anyOf: Array.from({ length: 2 + choice.below(2) }, inner) }
  }
}

function withMember(node: Node, key: string, member: Node): Node {
  return { ...node, properties: { ...node.properties, [key]: member }, required: [...(node.required ?? []), key] }
}

function randomObject(choice: Choice, inner: () => Node): Node {
  const node: Node = { type: 'object', properties: {} }
  for (const key of keys) if (choice.once(2)) addMember(choice, node, key, inner())
  setAdditional(choice, node, inner)
  return node
}

function addMember(choice: Choice, node: Node, key: string, member: Node): void {
  node.properties = { ...node.properties, [key]: member }
  if (choice.once(2)) node.required = [...(node.required ?? []), key]
  else if (choice.once(3)) node.properties[key] = { ...member, default: choice.pick(defaults) }
}

function setAdditional(choice: Choice, node: Node, inner: () => Node): void {
  delete node.additionalProperties
  delete node['x-unknown']
  const additional = choice.below(6)
  if (additional < 2) node['x-unknown'] = 'strip'
  if (additional === 2) node.additionalProperties = false
  if (additional === 3) node.additionalProperties = inner()
}

function randomTuple(choice: Choice, inner: () => Node): Node {
  const prefixItems = Array.from({ length: 1 + choice.below(2) }, inner)
  const node: Node = {
    type: 'array',
    prefixItems,
    items: choice.once(2) ? false : inner(),
    minItems: prefixItems.length,
  }
  if (!choice.once(2)) return node
  const last = prefixItems.at(-1) as Node
  prefixItems[prefixItems.length - 1] = choice.once(2) ? { ...last, default: choice.pick(defaults) } : last
  node['minItems'] = prefixItems.length - 1
  return node
}

/** A copy with one or a few changes. */
export function changed(node: Node, choice: Choice, depth = 2): Node {
  const fresh = (): Node => randomNode(choice, depth)
  if (choice.once(7)) return kept(node, fresh())
  if (choice.once(12)) return kept(node, { anyOf: [bare(node), { type: 'null' }] })
  if (choice.once(12)) return kept(node, { anyOf: choice.once(2) ? [fresh(), bare(node)] : [bare(node), fresh()] })
  const copy: Node = { ...node }
  const change = (child: Node): Node => changed(child, choice, Math.max(0, depth - 1))
  if (copy.anyOf !== undefined) copy.anyOf = changedList(copy.anyOf, choice, fresh, change)
  else if (copy.oneOf !== undefined)
    copy.oneOf = copy.oneOf.map((branch) => changedObject(branch, choice, fresh, change))
  else if (copy.prefixItems !== undefined) {
    const at = choice.below(copy.prefixItems.length)
    copy.prefixItems = copy.prefixItems.map((item, i) => (i === at ? change(item) : item))
  } else if (typeof copy.items === 'object') copy.items = change(copy.items)
  else if (copy.propertyNames !== undefined) {
    if (typeof copy.additionalProperties === 'object') copy.additionalProperties = change(copy.additionalProperties)
  } else if (copy.type === 'object') return changedObject(copy, choice, fresh, change)
  else return kept(node, fresh())
  return copy
}

/** The other schema in the place of `node`, with its default. */
const kept = (node: Node, other: Node): Node => ('default' in node ? { ...other, default: node['default'] } : other)

function bare(node: Node): Node {
  const copy = { ...node }
  delete copy['default']
  return copy
}

function changedList(list: readonly Node[], choice: Choice, fresh: () => Node, change: (node: Node) => Node): Node[] {
  const at = choice.below(list.length)
  switch (choice.below(5)) {
    case 0:
      return list.toReversed()
    case 1:
      return list.length > 2 ? list.toSpliced(at, 1) : list.toReversed()
    case 2:
      return list.toSpliced(at, 0, fresh())
    default:
      return list.map((each, i) => (i === at ? change(each) : each))
  }
}

function changedObject(node: Node, choice: Choice, fresh: () => Node, change: (node: Node) => Node): Node {
  const copy: Node = { ...node, properties: { ...node.properties } }
  const properties = copy.properties as Record<string, Node>
  const names = Object.keys(properties).filter((name) => name !== 'k')
  const name = names.length === 0 ? undefined : choice.pick(names)
  const other = choice.pick(keys.filter((key) => !names.includes(key)).concat('d'))
  const kind = choice.below(6)
  if (kind === 0 || name === undefined) addMember(choice, copy, other, fresh())
  else if (kind === 1) {
    remove(copy, name)
  } else if (kind === 2) {
    const member = properties[name] as Node
    const wasRequired = copy.required?.includes(name) === true
    remove(copy, name)
    properties[other] = member
    if (wasRequired) copy.required = [...(copy.required ?? []), other]
  } else if (kind === 3) setAdditional(choice, copy, fresh)
  else if (kind === 4) {
    const member = bare(properties[name] as Node)
    remove(copy, name)
    addMember(choice, copy, name, member)
  } else properties[name] = change(properties[name] as Node)
  return copy
}

function remove(node: Node, name: string): void {
  delete node.properties?.[name]
  node.required = (node.required ?? []).filter((key) => key !== name)
}

const scalars: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...['a', 'b', ' a', 'A', 'abc', '', ' ', '5', 'true', 'null', 'https://x.org/', ' http://x.org/', 'p'],
  ...[null, true, false, 0, 1, 5, 0.5, -1, 10],
)

const anything: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { weight: 4, arbitrary: scalars },
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...keys, 'd', 'k'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
})).value

/** Payloads for `node`. */
export function payloadsOf(node: Node, shared: Node, depth = 0): fc.Arbitrary<unknown> {
  const inner = (next: Node | boolean | undefined): fc.Arbitrary<unknown> =>
    typeof next === 'object' && depth < 5 ? payloadsOf(next, shared, depth + 1) : anything
  const fitting = (): fc.Arbitrary<unknown> => {
    if (node['$ref'] !== undefined) return inner(shared)
    const branches = node.anyOf ?? node.oneOf
    if (branches !== undefined) return fc.oneof(...branches.map(inner))
    if ('const' in node) return fc.constant(node['const'])
    if (node['enum'] !== undefined) return fc.constantFrom(...(node['enum'] as unknown[]))
    if (node.type === 'array') {
      return fc
        .tuple(
          fc.tuple(...(node.prefixItems ?? []).map(inner)),
          fc.array(inner(node.items), { maxLength: 2 }),
          fc.nat(5),
        )
        .map(([ahead, behind, cut]) => (cut === 0 ? ahead.slice(0, -1) : cut < 3 ? ahead : [...ahead, ...behind]))
    }
    if (node.type === 'object') {
      const known = Object.fromEntries(
        Object.entries(node.properties ?? {}).map(([key, member]) => [key, inner(member)]),
      )
      return fc
        .tuple(
          fc.record(known, { requiredKeys: node.required ?? [], noNullPrototype: true }),
          fc.dictionary(fc.constantFrom(...keys, 'd'), inner(node.additionalProperties), {
            maxKeys: 1,
            noNullPrototype: true,
          }),
          fc.nat(2),
        )
        .map(([own, more, extra]) => (extra === 0 ? { ...more, ...own } : own))
    }
    return scalars
  }
  return fc.oneof({ weight: 6, arbitrary: fitting() }, { weight: 1, arbitrary: anything })
}
