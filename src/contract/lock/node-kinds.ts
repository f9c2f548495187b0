// The forms of profile p1: which one a schema object has, and the keywords that may stand in it. What the keywords'
// values must be is not here (keywords.ts).

import { appendPointer, type JsonObject } from '../../json/index.ts'
import type { TypeName } from '../../model/index.ts'
import { unsupported } from './errors.ts'
import { readTypes } from './keywords.ts'

/** Allowed beside every form; they say nothing about a payload. `$schema` is one more, at the root. */
export const annotations: ReadonlySet<string> = new Set([
  '$comment',
  'deprecated',
  'description',
  'examples',
  'format',
  'readOnly',
  'title',
  'writeOnly',
])

export type FormName =
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

/** The keywords of each form. */
const keywordsOf: Readonly<Record<FormName, readonly string[]>> = {
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

export interface Form {
  readonly name: FormName
  /** Of the forms that `type` tells: sorted. */
  readonly types: readonly TypeName[]
}

export const allowsKeyword = (form: Form, keyword: string): boolean => keywordsOf[form.name].includes(keyword)

/** The form by the keywords that are there, in a fixed precedence. `pointer` is the schema's own. */
export function formOf(schema: JsonObject, pointer: string, isRoot: boolean): Form {
  if (schema.has('$ref')) return { name: 'ref', types: [] }
  if (schema.has('const')) return { name: 'const', types: [] }
  if (schema.has('enum')) return { name: 'enum', types: [] }
  if (schema.has('anyOf')) return { name: 'union', types: [] }
  if (schema.has('oneOf')) return { name: 'discriminated', types: [] }
  const type = schema.get('type')
  if (type !== undefined) {
    const types = readTypes(type, appendPointer(pointer, 'type'))
    return { name: typedForm(schema, types), types }
  }
  const bare = schema.members.every(({ key }) => annotations.has(key) || (isRoot && rootKeywords.has(key)))
  if (bare) return { name: 'any', types: [] }
  throw unsupported(pointer, 'Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.')
}

/** Beside the form's keywords at the schema's root. */
export const rootKeywords: ReadonlySet<string> = new Set(['$defs', '$schema'])

function typedForm(schema: JsonObject, types: readonly TypeName[]): FormName {
  const named = types.filter((type) => type !== 'null')
  if (named.length !== 1) return 'bare'
  if (named[0] === 'string') return 'string'
  if (named[0] === 'number' || named[0] === 'integer') return 'number'
  if (named[0] === 'array') return schema.has('prefixItems') ? 'tuple' : 'array'
  if (named[0] === 'object') return schema.has('propertyNames') ? 'record' : 'object'
  return 'bare'
}
