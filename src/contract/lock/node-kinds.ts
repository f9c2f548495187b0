// The kinds of schema node in profile p1: the kind of a schema object, and the keywords of each kind.

import { appendPointer, type JsonObject } from '../../json/index.ts'
import type { TypeName } from '../../model/index.ts'
import { unsupported } from './errors.ts'
import { annotations, readTypes } from './keywords.ts'

export type NodeKindName =
  | 'any'
  | 'ref'
  | 'const'
  | 'enum'
  | 'union'
  | 'discriminated'
  | 'string'
  | 'number'
  | 'bare'
  | 'array'
  | 'tuple'
  | 'object'
  | 'record'

/** The keywords of each kind. */
const keywordsOf: Readonly<Record<NodeKindName, readonly string[]>> = {
  any: [],
  ref: ['$ref'],
  const: ['const', 'type', 'x-norm'],
  enum: ['enum', 'type', 'x-norm'],
  union: ['anyOf'],
  discriminated: ['oneOf', 'x-discriminator'],
  string: ['type', 'allOf', 'maxLength', 'minLength', 'pattern', 'x-norm'],
  number: ['type', 'exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  bare: ['type'],
  array: ['type', 'items', 'maxItems', 'minItems'],
  tuple: ['type', 'items', 'maxItems', 'minItems', 'prefixItems'],
  object: ['type', 'additionalProperties', 'properties', 'required'],
  record: ['type', 'additionalProperties', 'propertyNames'],
}

export interface NodeKind {
  readonly name: NodeKindName
  /** Sorted; empty for the kinds without `type`. */
  readonly types: readonly TypeName[]
}

export const allowsKeyword = (nodeKind: NodeKind, keyword: string): boolean =>
  keywordsOf[nodeKind.name].includes(keyword)

/** The kind by the keywords present, in a fixed precedence. `pointer` is the schema's own. */
export function nodeKindOf(schema: JsonObject, pointer: string, isRoot: boolean): NodeKind {
  if (schema.has('$ref')) return { name: 'ref', types: [] }
  if (schema.has('const')) return { name: 'const', types: [] }
  if (schema.has('enum')) return { name: 'enum', types: [] }
  if (schema.has('anyOf')) return { name: 'union', types: [] }
  if (schema.has('oneOf')) return { name: 'discriminated', types: [] }
  const type = schema.get('type')
  if (type !== undefined) {
    const types = readTypes(type, appendPointer(pointer, 'type'))
    return { name: nodeKindOfType(schema, types), types }
  }
  const isAny = schema.members.every(({ key }) => annotations.has(key) || (isRoot && rootKeywords.has(key)))
  if (isAny) return { name: 'any', types: [] }
  throw unsupported(pointer, 'Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.')
}

/** Further keywords of the root. */
export const rootKeywords: ReadonlySet<string> = new Set(['$defs', '$schema'])

function nodeKindOfType(schema: JsonObject, types: readonly TypeName[]): NodeKindName {
  const named = types.filter((type) => type !== 'null')
  if (named.length !== 1) return 'bare'
  if (named[0] === 'string') return 'string'
  if (named[0] === 'number' || named[0] === 'integer') return 'number'
  if (named[0] === 'array') return schema.has('prefixItems') ? 'tuple' : 'array'
  if (named[0] === 'object') return schema.has('propertyNames') ? 'record' : 'object'
  return 'bare'
}
