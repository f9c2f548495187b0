// The kinds of schema node in profile p1: the kind of a schema object, and the keywords of each kind.

import {
  defaultKeyword,
  keywordsOfKind,
  kindOfKeyword,
  rootKeywords as keywordsOfRoot,
} from '../../tables/lock-keywords.ts'
import { appendPointer, type JsonObject } from '../../json/index.ts'
import type { TypeName } from '../../model/index.ts'
import { unsupported } from './errors.ts'
import { annotations, readTypes } from './keywords.ts'

export type NodeKindName = keyof typeof keywordsOfKind

export interface NodeKind {
  readonly name: NodeKindName
  /** Sorted; empty for the kinds without `type`. */
  readonly types: readonly TypeName[]
}

export const allowsKeyword = ({ name }: NodeKind, keyword: string): boolean =>
  (keywordsOfKind[name] as readonly string[]).includes(keyword)

/** The kind by the keywords present, in a fixed precedence. `pointer` is the schema's own. */
export function nodeKindOf(schema: JsonObject, pointer: string, isRoot: boolean): NodeKind {
  for (const [keyword, name] of Object.entries(kindOfKeyword)) if (schema.has(keyword)) return { name, types: [] }
  const type = schema.get('type')
  if (type !== undefined) {
    const types = readTypes(type, appendPointer(pointer, 'type'))
    return { name: nodeKindOfType(schema, types), types }
  }
  const isFree = (key: string): boolean =>
    annotations.has(key) || key === defaultKeyword || (isRoot && rootKeywords.has(key))
  const isAny = schema.members.every(({ key }) => isFree(key))
  if (isAny) return { name: 'any', types: [] }
  throw unsupported(pointer, 'Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.')
}

/** Further keywords of the root. */
export const rootKeywords: ReadonlySet<string> = new Set(keywordsOfRoot)

function nodeKindOfType(schema: JsonObject, types: readonly TypeName[]): NodeKindName {
  const named = types.filter((type) => type !== 'null')
  if (named.length !== 1) return 'bare'
  if (named[0] === 'string') return 'string'
  if (named[0] === 'number' || named[0] === 'integer') return 'number'
  if (named[0] === 'array') return schema.has('prefixItems') ? 'tuple' : 'array'
  if (named[0] === 'object') return schema.has('propertyNames') ? 'record' : 'object'
  return 'bare'
}
