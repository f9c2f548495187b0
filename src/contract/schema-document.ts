// The JSON document of a schema, as the walk builds it, and predicates over it. Only parseLock checks it.

import type { NormOp, Primitive } from '../model/index.ts'
import { annotationKeywords } from '../tables/lock-keywords.ts'

/** A pattern, in a string's schema or as an entry of its allOf. */
export interface PatternDocument {
  pattern: string
  'x-pattern-units'?: 'utf16'
}

export interface SchemaDocument {
  $schema?: string
  $defs?: Record<string, SchemaDocument>
  $ref?: string
  title?: string
  description?: string
  $comment?: string
  examples?: unknown[]
  deprecated?: boolean
  format?: string
  type?: string | string[]
  const?: Primitive
  enum?: Primitive[]
  minLength?: number
  maxLength?: number
  pattern?: string
  'x-pattern-units'?: 'utf16'
  allOf?: PatternDocument[]
  'x-norm'?: NormOp[]
  'x-coerce'?: true
  'x-url'?: { hostname?: string; protocol?: string }
  minimum?: number | bigint
  exclusiveMinimum?: number | bigint
  maximum?: number | bigint
  exclusiveMaximum?: number | bigint
  multipleOf?: number | bigint
  'x-value'?: 'bigint'
  prefixItems?: SchemaDocument[]
  items?: SchemaDocument | false
  minItems?: number
  maxItems?: number
  properties?: Record<string, SchemaDocument>
  required?: string[]
  propertyNames?: SchemaDocument
  additionalProperties?: SchemaDocument | boolean
  'x-unknown'?: 'strip'
  /** While a JSON Schema is imported only: closed by the option `objects`, not by the schema. */
  'x-closed'?: true
  /** While a JSON Schema is imported only: null is accepted beside the options of `oneOf`, by OpenAPI's `nullable`. */
  'x-nullable'?: true
  /** In a slot whose value may be missing. */
  default?: unknown
  anyOf?: SchemaDocument[]
  oneOf?: SchemaDocument[]
  'x-discriminator'?: string
}

const annotations: ReadonlySet<string> = new Set(annotationKeywords)
const scalars = new Set(['boolean', 'integer', 'null', 'number', 'string'])

const keywords = (node: SchemaDocument): string[] => Object.keys(node).filter((key) => !annotations.has(key))

/** The node without its annotations: the keywords that decide a verdict. */
export const withoutAnnotations = (node: SchemaDocument): SchemaDocument =>
  Object.fromEntries(Object.entries(node).filter(([key]) => !annotations.has(key)))

/** The schema of the node's own property. */
export const propertyOf = ({ properties = {} }: SchemaDocument, key: string): SchemaDocument | undefined =>
  Object.hasOwn(properties, key) ? properties[key] : undefined

/** True for a schema that accepts every value. */
export const isAny = (node: SchemaDocument): boolean => keywords(node).length === 0

/** True for `{ type: 'null' }`. */
export const isNull = (node: SchemaDocument): boolean => node.type === 'null' && keywords(node).length === 1

/** True for a scalar that takes all scalars and converts them. */
export const isCoerced = (node: SchemaDocument): boolean => node['x-coerce'] === true

/** The scalar types of a node without other keywords than `type`; undefined for any other node. */
export function bareTypes(node: SchemaDocument): string[] | undefined {
  if (keywords(node).length !== 1 || node.type === undefined) return undefined
  const types = typeof node.type === 'string' ? [node.type] : node.type
  return types.every((type) => scalars.has(type)) ? types : undefined
}

/** The node of values of these scalar types. */
export function ofTypes(types: Iterable<string>): SchemaDocument {
  const [first, ...others] = new Set(types)
  return { type: others.length === 0 ? (first as string) : [first as string, ...others] }
}

/** The union of bare types as one node; undefined when a node is anything else. */
function bareUnion(nodes: readonly SchemaDocument[]): SchemaDocument | undefined {
  const bare = nodes.map(bareTypes)
  return bare.every((types) => types !== undefined) ? ofTypes(bare.flat()) : undefined
}

/** The JSON types of a node without branches, each once; undefined where it does not name them. Integers are numbers. */
export function jsonTypesOf(node: SchemaDocument): readonly string[] | undefined {
  if (isCoerced(node)) return ['boolean', 'null', 'number', 'string']
  if (node.type !== undefined) return [node.type].flat().map((type) => (type === 'integer' ? 'number' : type))
  const values = valuesOf(node)
  return values && [...new Set(values.map(jsonTypeOf))]
}

/** The values of const or enum. */
export const valuesOf = (node: SchemaDocument): readonly Primitive[] | undefined =>
  node.enum ?? (node.const === undefined ? undefined : [node.const])

/** The JSON type of a scalar. */
export const jsonTypeOf = (value: Primitive | bigint): string =>
  value === null ? 'null' : typeof value === 'bigint' ? 'number' : typeof value

/** True when both are written alike apart from annotations at the top and the order of members. */
export const sameSchema = (a: SchemaDocument, b: SchemaDocument): boolean =>
  sameValue(withoutAnnotations(a), withoutAnnotations(b), new Map())

/** `compared`: pairs that are equal if the rest is, because the first difference ends the comparison. */
function sameValue(a: unknown, b: unknown, compared: Map<object, Set<object>>): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const others = compared.get(a) ?? new Set()
  if (others.has(b)) return true
  compared.set(a, others.add(b))
  const [left, right] = [a, b].map((value) => Object.entries(value).filter(([, member]) => member !== undefined))
  if (Array.isArray(a) !== Array.isArray(b) || left?.length !== right?.length) return false
  const members = new Map<string, unknown>(right)
  return (left ?? []).every(([key, member]) => members.has(key) && sameValue(member, members.get(key), compared))
}

/** anyOf in its simplest form. Branches stay in their order: the first one that accepts decides the document. */
export function unionOf(nodes: readonly SchemaDocument[]): SchemaDocument {
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const union = bareUnion(nodes)
  if (union !== undefined) return union
  const others = nodes.filter((node) => !isNull(node))
  // Null stays beside a coerced scalar as it is written.
  if (nodes.length === 2 && others.length === 1 && !nodes.some(isCoerced)) return orNull(others[0] as SchemaDocument)
  return { anyOf: [...nodes] }
}

/** The node, or null: `type: [T, "null"]` for one scalar type, else `anyOf [X, null]`. */
export function orNull(node: SchemaDocument): SchemaDocument {
  if (isAny(node) || isNull(node)) return node
  if (node.anyOf !== undefined) {
    if (node.anyOf.some(isCoerced)) return { ...node, anyOf: [{ type: 'null' }, ...node.anyOf] }
    return node.anyOf.some(acceptsNull) ? node : { ...node, anyOf: [...node.anyOf, { type: 'null' }] }
  }
  // Null stays null: it must not reach what would convert it.
  if (isCoerced(node)) return { anyOf: [{ type: 'null' }, node] }
  const scalar = typeof node.type === 'string' && scalars.has(node.type)
  if (scalar && node.const === undefined && node.enum === undefined)
    return { ...node, type: [node.type as string, 'null'] }
  const bare = bareTypes(node)
  if (bare !== undefined) return bare.includes('null') ? node : { ...node, type: [...bare, 'null'] }
  return acceptsNull(node) ? node : { anyOf: [node, { type: 'null' }] }
}

function acceptsNull(node: SchemaDocument): boolean {
  if (isAny(node) || node.type === 'null') return true
  if (Array.isArray(node.type)) return node.type.includes('null')
  return node.const === null || (node.enum?.includes(null) ?? false)
}

/** The schemas directly inside, apart from the rule for keys. */
export const childrenOf = (node: SchemaDocument): readonly SchemaDocument[] => [
  ...Object.values(node.properties ?? {}),
  ...[node.items, node.additionalProperties].filter((child): child is SchemaDocument => typeof child === 'object'),
  ...(node.prefixItems ?? []),
  ...(node.anyOf ?? []),
  ...(node.oneOf ?? []),
]

/** A copy of the node with `replace` applied to the schemas directly inside, apart from the rule for keys. */
export function mapChildren(node: SchemaDocument, replace: (child: SchemaDocument) => SchemaDocument): SchemaDocument {
  const copy = { ...node }
  if (copy.properties !== undefined) {
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([key, child]) => [key, replace(child)]))
  }
  if (typeof copy.additionalProperties === 'object') copy.additionalProperties = replace(copy.additionalProperties)
  if (typeof copy.items === 'object') copy.items = replace(copy.items)
  if (copy.prefixItems !== undefined) copy.prefixItems = copy.prefixItems.map(replace)
  if (copy.anyOf !== undefined) copy.anyOf = copy.anyOf.map(replace)
  if (copy.oneOf !== undefined) copy.oneOf = copy.oneOf.map(replace)
  return copy
}
