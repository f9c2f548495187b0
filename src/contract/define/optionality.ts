// Optionality: zod stores it in the schema of the value, a lock in the object's `required` and the tuple's `minItems`.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'

/** True when a member or the tail of a tuple may be absent, by zod's own rule. */
export const mayBeAbsent = (schema: $ZodType): boolean => schema._zod.optin !== undefined

/** True when `undefined` passes: zod checks this where it does not check whether the value is present. */
export function acceptsUndefined(schema: $ZodType, seen: ReadonlySet<object> = new Set()): boolean {
  const type = schema as $ZodTypes
  const { def } = type._zod
  if (seen.has(def)) return false
  const inner = (next: $ZodType): boolean => acceptsUndefined(next, new Set([...seen, def]))
  switch (def.type) {
    case 'any':
    case 'unknown':
      return true
    case 'optional':
      return type._zod.traits.has('$ZodExactOptional') ? inner(def.innerType) : true
    case 'nullable':
    case 'readonly':
      return inner(def.innerType)
    case 'lazy':
      return inner((type as { _zod: { innerType: $ZodType } })._zod.innerType)
    case 'union':
      return def.options.some((option) => inner(option))
    default:
      return false
  }
}
