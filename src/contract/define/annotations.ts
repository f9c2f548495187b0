// The metadata of a schema (`.meta()`, `.describe()`) that a lock carries: annotations for readers, without effect on a
// verdict. All other metadata stays in the app.

import type { $ZodType } from 'zod/v4/core'
import type { SchemaDocument } from '../schema-document.ts'
import { metadataOf } from './run-zod.ts'

type Annotations = Pick<SchemaDocument, 'title' | 'description' | 'examples' | 'deprecated'>

export function annotationsOf(schema: $ZodType): Annotations {
  const meta = metadataOf(schema)
  const out: Annotations = {}
  if (isText(meta['title'])) out.title = meta['title']
  if (isText(meta['description'])) out.description = meta['description']
  if (typeof meta['deprecated'] === 'boolean') out.deprecated = meta['deprecated']
  const examples = Array.isArray(meta['examples']) ? meta['examples'].filter(isJson) : []
  if (examples.length > 0) out.examples = examples
  return out
}

/** True when the metadata holds `x-norm`, which only norm() may write. */
export const hasNormMetadata = (schema: $ZodType): boolean => metadataOf(schema)['x-norm'] !== undefined

/** The `id` of `.meta({ id })`, if it is a valid name of a definition. */
export function idOf(schema: $ZodType): string | undefined {
  const id = metadataOf(schema)['id']
  return typeof id === 'string' && /^[A-Za-z0-9_.-]+$/.test(id) ? id : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed()

/** True for a value that JSON carries unchanged; other examples are left out. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.entries(value).every(([key, member]) => key !== '__proto__' && key.isWellFormed() && isJson(member))
}
