// What `.meta()` and `.describe()` say about a schema, as far as a lock carries it: words for readers, without effect on
// a verdict. Everything else in a schema's metadata is the app's own and stays there.

import { globalRegistry, type $ZodType } from 'zod/v4/core'
import type { SchemaDocument } from './document.ts'

type Annotations = Pick<SchemaDocument, 'title' | 'description' | 'examples' | 'deprecated'>

export function annotationsOf(schema: $ZodType): Annotations {
  const meta = metaOf(schema)
  const out: Annotations = {}
  if (isText(meta['title'])) out.title = meta['title']
  if (isText(meta['description'])) out.description = meta['description']
  if (typeof meta['deprecated'] === 'boolean') out.deprecated = meta['deprecated']
  const examples = Array.isArray(meta['examples']) ? meta['examples'].filter(isJson) : []
  if (examples.length > 0) out.examples = examples
  return out
}

/** True when someone wrote our keyword into the metadata by hand. */
export const hasHandmadeNorm = (schema: $ZodType): boolean => metaOf(schema)['x-norm'] !== undefined

const metaOf = (schema: $ZodType): Readonly<Record<string, unknown>> => globalRegistry.get(schema) ?? {}

/** The `id` of `.meta({ id })`, when it can name a definition. */
export function idOf(schema: $ZodType): string | undefined {
  const id = metaOf(schema)['id']
  return typeof id === 'string' && /^[A-Za-z0-9_.-]+$/.test(id) ? id : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed()

/** True for what JSON carries unchanged: an example that it cannot carry is left out. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.entries(value).every(([key, member]) => key !== '__proto__' && key.isWellFormed() && isJson(member))
}
