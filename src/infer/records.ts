// Tells maps, whose keys are data, from objects with members.

import { JsonObject } from '../json/index.ts'
import { kindBits, presences, similarity, type Presence } from './presence.ts'
import { isDataKey } from './words.ts'

/** Objects with more keys at one place are maps, if their values have one type. */
const manyKeys = 256

/** True for objects whose keys are data. Values of several types make no map. */
export function isRecord(objects: readonly JsonObject[]): boolean {
  const keys = presences(objects)
  if (keys.size === 0 || !oneKind(keys)) return false
  const names = [...keys.keys()]
  const data = names.filter(isDataKey).length
  if (data === names.length || (names.length >= 4 && data >= 0.75 * names.length)) return true
  if (names.length >= manyKeys) return true
  const seen = [...keys.values()].reduce((sum, { count }) => sum + count, 0)
  /** Of an average key: the part of the objects that have it. */
  const share = seen / (names.length * objects.length)
  const changing = objects.length === 1 || share <= 0.6
  if (changing && names.length >= 3 && haveOneShape(objects)) return true
  return isOpen(objects, keys, share)
}

function oneKind(keys: ReadonlyMap<string, Presence>): boolean {
  let kinds = 0
  for (const presence of keys.values()) kinds |= presence.kinds
  // A power of two has one bit.
  return kinds !== 0 && (kinds & (kinds - 1)) === 0
}

/** True if each object has few of the keys, and most keys are rare: the next object has keys that no sample had. */
function isOpen(objects: readonly JsonObject[], keys: ReadonlyMap<string, Presence>, share: number): boolean {
  if (objects.length < 4 || keys.size < 8 || share > 0.3) return false
  const members = [...keys.values()]
  const values = members[0]?.kinds
  // Objects and arrays of objects at places with names of their own are members, unless they have one shape.
  if (values === kindBits.array || values === kindBits.object) return false
  if (members.some(({ count }) => count === objects.length)) return false
  const once = members.filter(({ count }) => count === 1).length
  return once >= 0.5 * members.length || (members.length >= 16 && share <= 0.1)
}

/** True if the values are objects with the same members, at least two. */
function haveOneShape(objects: readonly JsonObject[]): boolean {
  const values = objects.flatMap(({ members }) => members.map(({ value }) => value)).filter((value) => value !== null)
  if (values.length < 3 || !values.every((value) => value instanceof JsonObject)) return false
  const all = { objects: values.length, keys: presences(values) }
  if (all.keys.size < 2) return false
  const likeness = values.reduce((sum, value) => sum + similarity({ objects: 1, keys: presences([value]) }, all), 0)
  return likeness >= 0.8 * values.length
}
