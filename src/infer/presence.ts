// Which keys a group of objects has, how often, and with values of which types.

import { JsonObject, type JsonValue } from '../json/index.ts'

export interface Presence {
  count: number
  /** A bit for each type of a value but null. */
  kinds: number
}

/** The types of values, for `Presence`. */
export const kindBits = { string: 1, number: 2, boolean: 4, array: 8, object: 16 } as const

function kindBit(value: JsonValue): number {
  if (value === null) return 0
  if (Array.isArray(value)) return kindBits.array
  if (value instanceof JsonObject) return kindBits.object
  return typeof value === 'bigint' ? kindBits.number : kindBits[typeof value as 'string' | 'number' | 'boolean']
}

export function presences(objects: readonly JsonObject[]): ReadonlyMap<string, Presence> {
  const found = new Map<string, Presence>()
  for (const { members } of objects) {
    for (const { key, value } of members) {
      let presence = found.get(key)
      if (presence === undefined) found.set(key, (presence = { count: 0, kinds: 0 }))
      presence.count++
      presence.kinds |= kindBit(value)
    }
  }
  return found
}

/** True unless the values have types, and none in common. */
export const kindsAgree = (a: Presence, b: Presence): boolean =>
  a.kinds === 0 || b.kinds === 0 || (a.kinds & b.kinds) !== 0

export interface KeySet {
  readonly objects: number
  readonly keys: ReadonlyMap<string, Presence>
}

/** From 0 to 1: the part of the members that both groups have, each weighed with how often it is there. */
export function similarity(a: KeySet, b: KeySet): number {
  let [common, all] = [0, 0]
  for (const [key, inA] of a.keys) {
    const inB = b.keys.get(key)
    const shareA = inA.count / a.objects
    const shareB = inB === undefined ? 0 : inB.count / b.objects
    all += Math.max(shareA, shareB)
    if (inB !== undefined && kindsAgree(inA, inB)) common += Math.min(shareA, shareB)
  }
  for (const [key, { count }] of b.keys) if (!a.keys.has(key)) all += count / b.objects
  return all === 0 ? 0 : common / all
}
