// What a schema says about a value that is not there: zod keeps "may be absent" in the value's schema, a lock in the
// object's `required` and the tuple's `minItems`.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'

/** True when a member or a tuple's tail may be left out (zod's own notion). */
export const mayBeAbsent = (schema: $ZodType): boolean => schema._zod.optin !== undefined

/** True when `undefined` passes: what zod asks where it reads a value without asking whether it is there. */
export function takesUndefined(schema: $ZodType, seen: ReadonlySet<object> = new Set()): boolean {
  const type = schema as $ZodTypes
  const { def } = type._zod
  if (seen.has(def)) return false
  const inner = (next: $ZodType): boolean => takesUndefined(next, new Set([...seen, def]))
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
