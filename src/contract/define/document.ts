// What the walk builds: a schema as a plain JSON document, and small questions about such documents. No zod in here, and
// no checking: lock.ts is the one gate.

import type { NormOp, Primitive } from '../../model/index.ts'

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
  allOf?: { pattern: string }[]
  'x-norm'?: NormOp[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  prefixItems?: SchemaDocument[]
  items?: SchemaDocument | false
  minItems?: number
  maxItems?: number
  properties?: Record<string, SchemaDocument>
  required?: string[]
  propertyNames?: SchemaDocument
  additionalProperties?: SchemaDocument | boolean
  anyOf?: SchemaDocument[]
  oneOf?: SchemaDocument[]
  'x-discriminator'?: string
}

const annotations = new Set(['title', 'description', '$comment', 'examples', 'deprecated', 'format'])
const scalars = new Set(['boolean', 'integer', 'null', 'number', 'string'])

const keywords = (node: SchemaDocument): string[] => Object.keys(node).filter((key) => !annotations.has(key))

/** The node without its annotations: what decides a verdict. */
export const meaning = (node: SchemaDocument): SchemaDocument =>
  Object.fromEntries(Object.entries(node).filter(([key]) => !annotations.has(key)))

/** True for the form that accepts everything. */
export const isAny = (node: SchemaDocument): boolean => keywords(node).length === 0

/** True for `{ type: 'null' }`. */
export const isNull = (node: SchemaDocument): boolean => node.type === 'null' && keywords(node).length === 1

/** The scalar type names of a node that says nothing but its type; undefined for any other node. */
export function bareTypes(node: SchemaDocument): string[] | undefined {
  if (keywords(node).length !== 1 || node.type === undefined) return undefined
  const types = typeof node.type === 'string' ? [node.type] : node.type
  return types.every((type) => scalars.has(type)) ? types : undefined
}

/** True when both accept and normalize alike, as written (the order of members does not count). */
export const sameMeaning = (a: SchemaDocument, b: SchemaDocument): boolean => ordered(a) === ordered(b)

/** JSON text with sorted keys; annotations are left out only at the top, so that a difference below errs to "different". */
function ordered(node: SchemaDocument): string {
  return JSON.stringify(meaning(node), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

/** The node, or null: `type: [T, "null"]` for one scalar type, else `anyOf [X, null]`. */
export function orNull(node: SchemaDocument): SchemaDocument {
  if (isAny(node) || isNull(node)) return node
  if (node.anyOf !== undefined) {
    return node.anyOf.some(acceptsNull) ? node : { ...node, anyOf: [...node.anyOf, { type: 'null' }] }
  }
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
