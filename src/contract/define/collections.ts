// Arrays and tuples.

import type { $ZodArrayDef, $ZodTupleDef, $ZodType } from 'zod/v4/core'
import { readChecks, takeLength, type LengthBounds } from './checks.ts'
import type { SchemaDocument } from './document.ts'
import { pathTo } from './paths.ts'
import { mayBeAbsent, takesUndefined } from './optionality.ts'
import type { Walk } from './walk.ts'

export function lowerArray(walk: Walk, def: $ZodArrayDef, path: string): SchemaDocument {
  const bounds: LengthBounds = {}
  readChecks(walk, def.checks, path, (check) => takeLength(walk, path, check, bounds))
  return { type: 'array', items: walk.lower(def.element, pathTo.items(path)), ...itemCount(bounds) }
}

export function lowerTuple(walk: Walk, def: $ZodTupleDef, path: string): SchemaDocument {
  const items = def.items
  const bounds: LengthBounds = { min: shortest(items, def.rest !== null) }
  if (def.rest === null) bounds.max = items.length
  readChecks(walk, def.checks, path, (check) => takeLength(walk, path, check, bounds))
  const prefixItems = items.map((item, i) => walk.lower(item, pathTo.item(path, i)))
  const rest = def.rest === null ? false : walk.lower(def.rest, pathTo.rest(path))
  // An empty tuple has no prefix to write: it is an array that takes no items.
  return { type: 'array', ...(items.length === 0 ? {} : { prefixItems }), items: rest, ...itemCount(bounds) }
}

const itemCount = ({ min = 0, max }: LengthBounds): SchemaDocument => ({
  ...(min === 0 ? {} : { minItems: min }),
  ...(max === undefined ? {} : { maxItems: max }),
})

/**
 * The fewest items zod takes: up to the last one that may not be absent. Before a rest zod does not count, it reads
 * what is missing as `undefined`, so that `z.any()` there may be missing as well.
 */
function shortest(items: readonly $ZodType[], hasRest: boolean): number {
  let length = items.length
  while (length > 0 && mayBeAbsent(items[length - 1] as $ZodType)) length--
  if (!hasRest) return length
  while (length > 0 && takesUndefined(items[length - 1] as $ZodType)) length--
  return length
}
