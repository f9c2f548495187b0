// Formats a lock's schema as a tree: one line for each location in a payload. The lock is already checked.

import { stringifyWithBigints } from '../../json/index.ts'
import { normOps, type LockSchema } from '../../model/index.ts'
import type { SchemaDocument } from '../../contract/define/index.ts'
import { pathTo, rootPath } from '../../contract/index.ts'

export interface SchemaTreeLine {
  readonly depth: number
  /** The member's name (`name?` when optional), `[]`, `[0]`, `*`, `|0` … */
  readonly label: string
  readonly text: string
  /** The location: `lines[].sku`. */
  readonly path: string
  /** The normalizations of this location, in the order they are applied. */
  readonly norm: readonly string[] | undefined
}

export function schemaTree(schema: LockSchema): SchemaTreeLine[] {
  const root = asNode(schema)
  const lines: SchemaTreeLine[] = []
  add(lines, root, 0, '(payload)', rootPath)
  for (const [name, node] of Object.entries(root.$defs ?? {})) add(lines, asNode(node), 0, `@${name}`, `@${name}`)
  return lines
}

const asNode = (schema: unknown): SchemaDocument => (typeof schema === 'boolean' ? {} : (schema as SchemaDocument))

function add(lines: SchemaTreeLine[], given: SchemaDocument, depth: number, label: string, path: string): void {
  const nullable = given.anyOf?.length === 2 && given.anyOf.some(isNull)
  const node = nullable ? (given.anyOf?.find((branch) => !isNull(branch)) ?? given) : given
  const inserted = given.default === undefined ? '' : `, default ${stringifyWithBigints(given.default)}`
  const text = describe(node) + (nullable ? ' or null' : '') + inserted
  const ops = node['x-norm']
  const norm = ops === undefined || ops.length === 0 ? undefined : normOps.filter((op) => ops.includes(op))
  lines.push({ depth, label, text: norm === undefined ? text : `${text}, norm ${norm.join(' → ')}`, path, norm })
  const child = (to: unknown, name: string, at: string): void => add(lines, asNode(to), depth + 1, name, at)

  for (const [key, member] of Object.entries(node.properties ?? {})) {
    child(member, node.required?.includes(key) === true ? key : `${key}?`, pathTo.property(path, key))
  }
  if (node.propertyNames !== undefined && describe(node.propertyNames) !== 'string')
    child(node.propertyNames, '*(key)', pathTo.keys(path))
  if (typeof node.additionalProperties === 'object') child(node.additionalProperties, '*', pathTo.values(path))
  node.prefixItems?.forEach((item, i) => child(item, `[${i}]`, pathTo.item(path, i)))
  if (node.items !== undefined && node.items !== false) {
    if (node.prefixItems) child(node.items, '[...]', pathTo.rest(path))
    else child(node.items, '[]', pathTo.items(path))
  }
  const branches = nullable ? [] : (node.anyOf ?? node.oneOf ?? [])
  branches.forEach((branch, i) => child(branch, `|${i}`, pathTo.option(path, i)))
}

const isNull = (node: SchemaDocument): boolean =>
  node.type === 'null' && node.const === undefined && node.enum === undefined

function describe(node: SchemaDocument): string {
  if (node.$ref !== undefined) return node.$ref.replace('#/$defs/', '@').replace(/^#$/, 'the payload itself')
  if (node.const !== undefined) return stringifyWithBigints(node.const)
  if (node.enum !== undefined) return node.enum.map((value) => stringifyWithBigints(value)).join(' | ')
  if (node.anyOf !== undefined) return 'any of'
  if (node.oneOf !== undefined)
    return `one of${node['x-discriminator'] === undefined ? '' : `, by ${JSON.stringify(node['x-discriminator'])}`}`
  if (node.type === undefined) return 'anything'
  if (node.type === 'object') return describeObject(node)
  const types = Array.isArray(node.type) ? node.type.join(' | ') : node.type
  const converted = node['x-coerce'] === true ? ['converted from any scalar'] : []
  const name = types === 'array' && node.prefixItems !== undefined ? 'tuple' : types
  return [name, ...converted, ...(node['x-url'] === undefined ? [] : ['URL']), ...limits(node)].join(', ')
}

function describeObject(node: SchemaDocument): string {
  const { properties, propertyNames, additionalProperties } = node
  if (propertyNames !== undefined) return 'record'
  if (properties === undefined && typeof additionalProperties === 'object') return 'record'
  if (node['x-unknown'] === 'strip') return 'object, other members dropped'
  return additionalProperties === false ? 'object' : 'object, other members allowed'
}

const bounds: readonly (readonly [keyword: keyof SchemaDocument, sign: string])[] = [
  ['minimum', '≥'],
  ['exclusiveMinimum', '>'],
  ['maximum', '≤'],
  ['exclusiveMaximum', '<'],
  ['multipleOf', 'a multiple of'],
]

function limits(node: SchemaDocument): string[] {
  const out = [
    ...range(node.minLength, node.maxLength, 'character'),
    ...bounds.flatMap(([keyword, sign]) =>
      // A 64-bit integer is a bigint.
      node[keyword] === undefined ? [] : [`${sign} ${stringifyWithBigints(node[keyword])}`],
    ),
    ...range(node.minItems, node.maxItems, 'item'),
  ]
  const patterns = [node, ...(node.allOf ?? [])].flatMap(({ pattern }) => pattern ?? [])
  if (node.format !== undefined && patterns.length > 0) return [node.format, ...out]
  return [...out, ...patterns.map((pattern) => `/${pattern.length > 40 ? `${pattern.slice(0, 39)}…` : pattern}/`)]
}

function range(min: unknown, max: unknown, unit: string): string[] {
  const one = (count: unknown): string => `${JSON.stringify(count)} ${unit}${count === 1 ? '' : 's'}`
  if (min === undefined) return max === undefined ? [] : [`at most ${one(max)}`]
  if (max === undefined) return [`at least ${one(min)}`]
  return [min === max ? one(min) : `${JSON.stringify(min)} to ${one(max)}`]
}
