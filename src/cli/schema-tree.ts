// Formats a lock's schema as a tree: one line for each location in a payload. The lock is already checked.

import type { LockSchema } from '../model/index.ts'

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

interface Node {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Node>>
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly allOf?: readonly { readonly pattern: string }[]
  readonly 'x-norm'?: readonly string[]
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly 'x-discriminator'?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Node | boolean
  readonly propertyNames?: Node
  readonly prefixItems?: readonly Node[]
  readonly items?: Node | false
  readonly [keyword: string]: unknown
}

export function schemaTree(schema: LockSchema): SchemaTreeLine[] {
  const root = asNode(schema)
  const lines: SchemaTreeLine[] = []
  add(lines, root, 0, '(payload)', '')
  for (const [name, node] of Object.entries(root.$defs ?? {})) add(lines, asNode(node), 0, `@${name}`, `@${name}`)
  return lines
}

const asNode = (schema: unknown): Node => (typeof schema === 'boolean' ? {} : (schema as Node))

function add(lines: SchemaTreeLine[], given: Node, depth: number, label: string, path: string): void {
  const nullable = given.anyOf?.length === 2 && given.anyOf.some(isNull)
  const node = nullable ? (given.anyOf.find((branch) => !isNull(branch)) ?? given) : given
  const text = describe(node) + (nullable ? ' or null' : '')
  const ops = node['x-norm']
  const norm = ops === undefined || ops.length === 0 ? undefined : normOrder.filter((op) => ops.includes(op))
  lines.push({
    depth,
    label,
    text: norm === undefined ? text : `${text}, norm ${norm.join(' → ')}`,
    path: path || '(root)',
    norm,
  })
  const child = (to: unknown, name: string, step: string): void => {
    add(lines, asNode(to), depth + 1, name, path === '' ? step.replace(/^\./, '') : path + step)
  }

  for (const [key, member] of Object.entries(node.properties ?? {})) {
    child(
      member,
      node.required?.includes(key) === true ? key : `${key}?`,
      /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    )
  }
  if (node.propertyNames !== undefined && describe(node.propertyNames) !== 'string')
    child(node.propertyNames, '*(key)', '.*(key)')
  if (typeof node.additionalProperties === 'object') child(node.additionalProperties, '*', '.*')
  node.prefixItems?.forEach((item, i) => child(item, `[${i}]`, `[${i}]`))
  if (node.items !== undefined && node.items !== false)
    child(node.items, node.prefixItems ? '[...]' : '[]', node.prefixItems ? '[...]' : '[]')
  const branches = nullable ? [] : (node.anyOf ?? node.oneOf ?? [])
  branches.forEach((branch, i) => child(branch, `|${i}`, `|${i}`))
}

const normOrder = ['lower', 'nfc', 'collapse', 'trim']

const isNull = (node: Node): boolean => node.type === 'null' && node.const === undefined && node.enum === undefined

function describe(node: Node): string {
  if (node.$ref !== undefined) return node.$ref.replace('#/$defs/', '@').replace(/^#$/, 'the payload itself')
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (node.anyOf !== undefined) return 'any of'
  if (node.oneOf !== undefined)
    return `one of${node['x-discriminator'] === undefined ? '' : `, by ${JSON.stringify(node['x-discriminator'])}`}`
  if (node.type === undefined) return 'anything'
  if (node.type === 'object') return describeObject(node)
  const types = Array.isArray(node.type) ? node.type.join(' | ') : String(node.type)
  return [types === 'array' && node.prefixItems !== undefined ? 'tuple' : types, ...limits(node)].join(', ')
}

function describeObject({ properties, propertyNames, additionalProperties }: Node): string {
  if (propertyNames !== undefined) return 'record'
  if (properties === undefined && typeof additionalProperties === 'object') return 'record'
  return additionalProperties === false ? 'object' : 'object, other members allowed'
}

const bounds: readonly (readonly [keyword: string, sign: string])[] = [
  ['minimum', '≥'],
  ['exclusiveMinimum', '>'],
  ['maximum', '≤'],
  ['exclusiveMaximum', '<'],
  ['multipleOf', 'a multiple of'],
]

function limits(node: Node): string[] {
  const out = [
    ...range(node['minLength'], node['maxLength'], 'character'),
    ...bounds.flatMap(([keyword, sign]) =>
      node[keyword] === undefined ? [] : [`${sign} ${JSON.stringify(node[keyword])}`],
    ),
    ...range(node['minItems'], node['maxItems'], 'item'),
  ]
  const patterns = [
    ...(node.pattern === undefined ? [] : [node.pattern]),
    ...(node.allOf ?? []).map(({ pattern }) => pattern),
  ]
  if (node.format !== undefined && patterns.length > 0) return [node.format, ...out]
  return [...out, ...patterns.map((pattern) => `/${pattern.length > 40 ? `${pattern.slice(0, 39)}…` : pattern}/`)]
}

function range(min: unknown, max: unknown, unit: string): string[] {
  const one = (count: unknown): string => `${JSON.stringify(count)} ${unit}${count === 1 ? '' : 's'}`
  if (min === undefined) return max === undefined ? [] : [`at most ${one(max)}`]
  if (max === undefined) return [`at least ${one(min)}`]
  return [min === max ? one(min) : `${JSON.stringify(min)} to ${one(max)}`]
}
