// What both arrays and objects have: values that no position or name is given for.

import type { SchemaNode } from '../../model/index.ts'
import { change, type Change } from './change.ts'
import { pathText, type Place } from './path.ts'

/** Says how two nodes at one place differ. */
export type Compare = (a: SchemaNode, b: SchemaNode, place: Place) => Change[]

/** Items behind a prefix, members that no property names; false where there may be none. */
export function compareRest(
  a: SchemaNode | false,
  b: SchemaNode | false,
  place: Place,
  what: string,
  compare: Compare,
): Change[] {
  if (a !== false && b !== false) return compare(a, b, place)
  if (a === b) return []
  const text = `further ${what} at \`${pathText(place)}\` are`
  return a === false
    ? [change(pathText(place), `${text} allowed`, ['new-accepted'])]
    : [change(pathText(place), `${text} refused`, ['old-rejected'])]
}
