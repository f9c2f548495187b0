// The kinds of schema nodes in profile p1: which kind a schema object is, and which keywords it may hold. The values of
// keywords are checked in keywords.ts.

import {
  annotationKeywords,
  keywordsOfKind,
  kindOfKeyword,
  rootKeywords as keywordsOfRoot,
} from '../../tables/lock-keywords.ts'
import { appendPointer, type JsonObject } from '../../json/index.ts'
import type { TypeName } from '../../model/index.ts'
import { unsupported } from './errors.ts'
import { readTypes } from './keywords.ts'

/** Keywords that are allowed in every node and do not affect validation. `$schema` is one more, at the root. */
export const annotations: ReadonlySet<string> = new Set(annotationKeywords)

/** Keywords that the root may hold beside those of its kind. */
export const rootKeywords: ReadonlySet<string> = new Set(keywordsOfRoot)

export type FormName = keyof typeof keywordsOfKind

export interface Form {
  readonly name: FormName
  /** Of the forms that `type` tells: sorted. */
  readonly types: readonly TypeName[]
}

export const allowsKeyword = ({ name }: Form, keyword: string): boolean =>
  (keywordsOfKind[name] as readonly string[]).includes(keyword)

/** The form by the keywords that are there, in a fixed precedence. `pointer` is the schema's own. */
export function formOf(schema: JsonObject, pointer: string, isRoot: boolean): Form {
  for (const [keyword, name] of Object.entries(kindOfKeyword)) if (schema.has(keyword)) return { name, types: [] }
  const type = schema.get('type')
  if (type !== undefined) {
    const types = readTypes(type, appendPointer(pointer, 'type'))
    return { name: typedForm(schema, types), types }
  }
  const bare = schema.members.every(({ key }) => annotations.has(key) || (isRoot && rootKeywords.has(key)))
  if (bare) return { name: 'any', types: [] }
  throw unsupported(pointer, 'Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.')
}

function typedForm(schema: JsonObject, types: readonly TypeName[]): FormName {
  const named = types.filter((type) => type !== 'null')
  if (named.length !== 1) return 'bare'
  if (named[0] === 'string') return 'string'
  if (named[0] === 'number' || named[0] === 'integer') return 'number'
  if (named[0] === 'array') return schema.has('prefixItems') ? 'tuple' : 'array'
  if (named[0] === 'object') return schema.has('propertyNames') ? 'record' : 'object'
  return 'bare'
}
