// Arrays and tuples.

import type { $ZodArrayDef, $ZodTupleDef, $ZodType } from 'zod/v4/core'
import { readChecks, readLengthCheck, type LengthBounds } from './checks.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { mayBeAbsent, acceptsUndefined } from './optionality.ts'
import type { LoweringContext } from './context.ts'

export function lowerArray(context: LoweringContext, def: $ZodArrayDef, path: string): SchemaDocument {
  const bounds: LengthBounds = {}
  readChecks(context, def.checks, path, (check) => readLengthCheck(context, path, check, bounds))
  return { type: 'array', items: context.lower(def.element, pathTo.items(path)), ...itemCount(bounds) }
}

export function lowerTuple(context: LoweringContext, def: $ZodTupleDef, path: string): SchemaDocument {
  const items = def.items
  const bounds: LengthBounds = { min: minLength(items, def.rest !== null) }
  if (def.rest === null) bounds.max = items.length
  readChecks(context, def.checks, path, (check) => readLengthCheck(context, path, check, bounds))
  const prefixItems = items.map((item, i) => context.lower(item, pathTo.item(path, i)))
  const rest = def.rest === null ? false : context.lower(def.rest, pathTo.rest(path))
  // An empty tuple becomes an array without items.
  return { type: 'array', ...(items.length === 0 ? {} : { prefixItems }), items: rest, ...itemCount(bounds) }
}

const itemCount = ({ min = 0, max }: LengthBounds): SchemaDocument => ({
  ...(min === 0 ? {} : { minItems: min }),
  ...(max === undefined ? {} : { maxItems: max }),
})

/**
 * The fewest items that zod accepts: up to the last one that may not be absent. With a rest schema zod does not count
 * but reads missing items as `undefined`, so that an item of `z.any()` may be absent as well.
 */
function minLength(items: readonly $ZodType[], hasRest: boolean): number {
  let length = items.length
  while (length > 0 && mayBeAbsent(items[length - 1] as $ZodType)) length--
  if (!hasRest) return length
  while (length > 0 && acceptsUndefined(items[length - 1] as $ZodType)) length--
  return length
}
