// Arrays and tuples.

import type { $ZodArrayDef, $ZodTupleDef, $ZodType } from 'zod/v4/core'
import { readChecks, readLengthCheck, type LengthBounds } from './checks.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { absentValue, withDefault, type Absent } from './absence.ts'
import type { LoweringContext } from './context.ts'

export function lowerArray(context: LoweringContext, def: $ZodArrayDef, path: string): SchemaDocument {
  const bounds: LengthBounds = {}
  readChecks(context, def.checks, path, (check) => readLengthCheck(context, path, check, bounds))
  return { type: 'array', items: context.lower(def.element, pathTo.items(path)), ...itemCount(bounds) }
}

export function lowerTuple(context: LoweringContext, def: $ZodTupleDef, path: string): SchemaDocument {
  const items = def.items
  const tail = tailOf(context, items, def.rest !== null, path)
  const bounds: LengthBounds = { min: tail.length }
  if (def.rest === null) bounds.max = items.length
  readChecks(context, def.checks, path, (check) => readLengthCheck(context, path, check, bounds))
  const prefixItems = items.map((item, i) => withDefault(context.lower(item, pathTo.item(path, i)), tail.defaults[i]))
  const rest = def.rest === null ? false : context.lower(def.rest, pathTo.rest(path))
  // An empty tuple becomes an array without items.
  return { type: 'array', ...(items.length === 0 ? {} : { prefixItems }), items: rest, ...itemCount(bounds) }
}

const itemCount = ({ min = 0, max }: LengthBounds): SchemaDocument => ({
  ...(min === 0 ? {} : { minItems: min }),
  ...(max === undefined ? {} : { maxItems: max }),
})

interface Tail {
  readonly length: number
  readonly defaults: readonly Absent[]
}

/**
 * The fewest items that zod accepts, and what it puts in place of the others. Without a rest schema it counts the items that
 * have to be present; then, and with a rest schema at once, it reads the missing ones as `undefined`.
 */
function tailOf(context: LoweringContext, items: readonly $ZodType[], hasRest: boolean, path: string): Tail {
  const absent = items.map((item, i) => absentValue(context, item, pathTo.item(path, i)))
  const counted = hasRest ? 0 : items.findLastIndex((item) => item._zod.optin === undefined) + 1
  /** Behind it, zod cuts the tuple at a missing item instead of reporting it. */
  const cutFrom = items.findLastIndex((item) => item._zod.optout !== 'optional') + 1
  const isCut = (i: number): boolean =>
    i >= cutFrom && (items[i]?._zod.optin === 'optional' || absent[i]?.kind === 'rejected')
  let length = items.length
  while (length > counted && (isCut(length - 1) || absent[length - 1]?.kind !== 'rejected')) length--
  const gap = absent.findIndex((slot, i) => i >= length && slot.kind === 'nothing' && !isCut(i))
  if (gap >= 0 && absent.slice(gap).some((slot) => slot.kind === 'value')) {
    context.reject(
      pathTo.item(path, gap),
      'a missing item ahead of one with a default becomes undefined, which JSON has not; give it a default too',
    )
  }
  return { length, defaults: absent.map((slot, i) => (i < length || isCut(i) ? { kind: 'nothing' } : slot)) }
}
