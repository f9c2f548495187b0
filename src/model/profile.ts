// Profile p1 as types: a schema node is of exactly one of these kinds. contract/lock builds the tree from a lock; the
// engines compile the tree, which *is* the contract's normal form.

import type { JsonValue } from '../json/index.ts'
import type { Primitive } from './outcome.ts'
import type { Pattern } from '../pattern/index.ts'

/** A value of const or enum; a bigint is an integer beyond ±(2^53 - 1), only with `numbers: "int64"`. */
export type LiteralValue = Primitive | bigint
/** A limit of a number; a bigint as in LiteralValue. */
export type NumericLimit = number | bigint

/** The types of JSON Schema. */
export const typeNames = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] as const
export type TypeName = (typeof typeNames)[number]
/** The types that distinguish values; an integer is a number with a property. */
export type ValueType = Exclude<TypeName, 'integer'>
export type ScalarTypeName = 'boolean' | 'integer' | 'null' | 'number' | 'string'

/** In the order in which they are applied, independent of the schema. `lower` and `upper` exclude each other. */
export const normOps = ['lower', 'upper', 'nfc', 'collapse', 'trim'] as const
/** One operation on a string, before it is validated. */
export type NormOp = (typeof normOps)[number]

/** A value of one of `types` (sorted; the issue's `expected`), with the limits of the scalar among them. */
export interface ScalarNode {
  readonly kind: 'scalar'
  /** `["string"]`, `["integer"]`, `["null", "string"]` …: sorted. More than one non-null type: no limits. */
  readonly types: readonly ScalarTypeName[]
  readonly string?: StringLimits
  readonly number?: NumberLimits
  /** Before all else a scalar of another type is converted to this one, as Number(), String() or Boolean() would. */
  readonly coerce?: true
  /** `x-value: "bigint"`: how `outcome.value()` gives the integer. Not part of the verdict. */
  readonly bigint?: true
}

export interface StringLimits {
  /** In code points. */
  readonly minLength?: number
  readonly maxLength?: number
  /** `pattern` first, then those of allOf. */
  readonly patterns: readonly Pattern[]
  /** In the fixed order; empty without normalization. */
  readonly norm: readonly NormOp[]
  /** The text is a URL; it is written without white space at its ends and without tab, LF and CR. */
  readonly url?: UrlLimits
}

export interface UrlLimits {
  /** Of the host in ASCII, lower case. */
  readonly hostname?: Pattern
  /** Of the scheme, without its colon. */
  readonly protocol?: Pattern
}

export interface NumberLimits {
  readonly minimum?: NumericLimit
  readonly exclusiveMinimum?: NumericLimit
  readonly maximum?: NumericLimit
  readonly exclusiveMaximum?: NumericLimit
  readonly multipleOf?: NumericLimit
}

/** const (one value) or enum. */
export interface ValuesNode {
  readonly kind: 'values'
  readonly keyword: 'const' | 'enum'
  /** Sorted by canonical text. */
  readonly values: readonly LiteralValue[]
  /** Sorted; written in the lock or inferred from the values (never `integer`). */
  readonly types: readonly ScalarTypeName[]
  readonly norm: readonly NormOp[]
}

/** array (no prefix) and tuple. */
export interface ArrayNode {
  readonly kind: 'array'
  readonly prefix: readonly SchemaNode[]
  /** By the number of the item, where any has one: appended as it is to an array that ends before the item. */
  readonly prefixDefaults?: readonly (JsonValue | undefined)[]
  /** The schema of the items behind the prefix. `false`: none are allowed. */
  readonly items: SchemaNode | false
  readonly minItems?: number
  /** The smaller one of the keyword and, with `items: false`, the prefix's length. */
  readonly maxItems?: number
}

export interface Property {
  readonly name: string
  readonly required: boolean
  readonly node: SchemaNode
  /** Inserted as it is where the member is missing: neither normalized nor validated. */
  readonly default?: JsonValue
}

/** object and record (names set, no properties). */
export interface ObjectNode {
  readonly kind: 'object'
  /** In canonical key order (UTF-16 code units). */
  readonly properties: readonly Property[]
  /** The schema of undeclared members; `strip`: they are left out of the document. */
  readonly additional: SchemaNode | false | 'strip'
  /** The schema of strings that each key must match: a record. */
  readonly names?: ScalarNode | ValuesNode | RefNode
}

/** False where undeclared members are refused or dropped. */
export const isSchema = (additional: ObjectNode['additional']): additional is SchemaNode =>
  additional !== false && additional !== 'strip'

/** The declared property of that name. O(log n): properties are in canonical order. */
export function findProperty({ properties }: ObjectNode, name: string): Property | undefined {
  let low = 0
  let high = properties.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const property = properties[middle] as Property
    if (property.name === name) return property
    if (property.name < name) low = middle + 1
    else high = middle
  }
  return undefined
}

/** anyOf; `[X, null]` in either order is a NullableNode. */
export interface UnionNode {
  readonly kind: 'union'
  readonly branches: readonly SchemaNode[]
}

export interface NullableNode {
  readonly kind: 'nullable'
  readonly inner: SchemaNode
  readonly nullFirst: boolean
}

export interface DiscriminatedNode {
  readonly kind: 'discriminated'
  readonly key: string
  readonly branches: readonly { readonly values: readonly LiteralValue[]; readonly node: SchemaNode }[]
}

/** `#/$defs/Name` by its number in the normal form, `#` as -1. */
export interface RefNode {
  readonly kind: 'ref'
  readonly target: number
}

export interface AnyNode {
  readonly kind: 'any'
}

export type SchemaNode =
  | AnyNode
  | ScalarNode
  | ValuesNode
  | ArrayNode
  | ObjectNode
  | UnionNode
  | NullableNode
  | DiscriminatedNode
  | RefNode

/** The root with its definitions, the targets of a RefNode (-1: the root). */
export interface Schema {
  readonly root: SchemaNode
  readonly defs: readonly SchemaNode[]
}

/** The target of a reference. */
export const definition = ({ root, defs }: Schema, number: number): SchemaNode =>
  number < 0 ? root : (defs[number] as SchemaNode)

/** The end of a chain of references; undefined for a cycle. */
export function resolveNode(node: SchemaNode, schema: Schema): SchemaNode | undefined {
  let target: SchemaNode = node
  for (let hops = 0; target.kind === 'ref'; hops++) {
    if (hops > schema.defs.length) return undefined
    target = definition(schema, target.target)
  }
  return target
}

/** The direct children of `node`, in canonical order of the keywords; references are not followed. */
export function childrenOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.kind === 'array') return node.items === false ? node.prefix : [node.items, ...node.prefix]
  if (node.kind !== 'object') return branchesOf(node)
  return [
    ...(isSchema(node.additional) ? [node.additional] : []),
    ...node.properties.map((property) => property.node),
    ...(node.names ? [node.names] : []),
  ]
}

/** The children that visit the same value as `node`: no input is consumed between them. */
export function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.kind) {
    case 'union':
      return node.branches
    case 'nullable':
      return [node.inner]
    case 'discriminated':
      return node.branches.map((branch) => branch.node)
    default:
      return []
  }
}
