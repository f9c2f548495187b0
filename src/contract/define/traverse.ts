// Visits the schemas inside a schema, for questions about a whole part of a zod tree.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'

/** Ends the visit of a getter that returns a new schema at each read. */
const maxVisits = 20_000

/** False for undefined, a schema of zod 3, and all else that untyped code may put in the place of a schema. */
export const isSchema = (value: unknown): value is $ZodType =>
  (value as Partial<$ZodType> | null | undefined)?._zod?.def !== undefined

/** The schemas directly inside. */
const childrenOf = (schema: $ZodType): readonly $ZodType[] => partsOf(schema).filter(isSchema)

function partsOf(schema: $ZodType): readonly $ZodType[] {
  const type = schema as $ZodTypes
  const { def } = type._zod
  switch (def.type) {
    case 'object':
      return [...Object.values(def.shape), ...(def.catchall === undefined ? [] : [def.catchall])]
    case 'array':
      return [def.element]
    case 'tuple':
      return def.rest === null ? def.items : [...def.items, def.rest]
    case 'record':
    case 'map':
      return [def.keyType, def.valueType]
    case 'set':
      return [def.valueType]
    case 'union':
      return def.options
    case 'intersection':
      return [def.left, def.right]
    case 'pipe':
      return [def.in, def.out]
    case 'lazy':
      return [(type as { _zod: { innerType: $ZodType } })._zod.innerType]
    default:
      return 'innerType' in def ? [def.innerType] : []
  }
}

/** True when `test` holds for the schema or for one inside it. */
export function someSchema(schema: $ZodType, test: (schema: $ZodType) => boolean): boolean {
  const seen = new Set<object>()
  const queue = [schema]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (!isSchema(next) || seen.has(next._zod.def)) continue
    if (seen.size > maxVisits || test(next)) return true
    seen.add(next._zod.def)
    queue.push(...childrenOf(next))
  }
  return false
}
