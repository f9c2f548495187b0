// Recognizes z.json(), which is not a type of its own but a z.lazy over the union of all JSON types.

import type { $ZodLazy, $ZodType, $ZodTypes } from 'zod/v4/core'

const parts = ['string', 'number', 'boolean', 'null', 'array', 'record']

/** True for z.json() and its clones (`z.json().describe(…)`). */
export function isJsonValue(lazy: $ZodLazy): boolean {
  const union = lazy._zod.innerType as $ZodTypes
  if (union._zod.def.type !== 'union' || hasChecks(union)) return false
  const options = union._zod.def.options as readonly $ZodTypes[]
  if (options.length !== parts.length) return false
  return options.every((option, i) => {
    const { def } = option._zod
    if (def.type !== parts[i] || hasChecks(option) || (def as { format?: string }).format !== undefined) return false
    if (def.type === 'array') return isSame(def.element, lazy)
    if (def.type === 'record') return isSame(def.valueType, lazy) && isPlainString(def.keyType)
    return true
  })
}

const hasChecks = (schema: $ZodType): boolean => (schema._zod.def.checks?.length ?? 0) > 0

/** Clones with other metadata share the def. */
const isSame = (schema: $ZodType, lazy: $ZodLazy): boolean => schema._zod.def === lazy._zod.def

const isPlainString = (schema: $ZodType): boolean =>
  schema._zod.def.type === 'string' && !hasChecks(schema) && !('format' in schema._zod.def)
