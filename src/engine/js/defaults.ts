// The defaults of members and items as the fast path inserts them.

import type { Property } from '../../model/index.ts'
import { JsonObject, toPlain, type JsonValue } from '../../json/index.ts'

export interface Default {
  readonly value: unknown
  /** It has a key that looks like an array index, which V8 moves to the front. */
  readonly movesKeys: boolean
}

export const defaultOf = (value: JsonValue): Default => ({ value: toPlain(value), movesKeys: movesAnyKeys(value) })

/** By the name of the member. */
export const defaultsOf = (properties: readonly Property[]): ReadonlyMap<string, Default> =>
  new Map(properties.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, defaultOf(value)]])))

/** True when V8 lists the keys of an object built with these keys, in this order, in another order. */
export function movesKeys(names: readonly string[]): boolean {
  const built: Record<string, true> = {}
  for (const name of names) built[name] = true
  return Object.keys(built).some((name, i) => name !== names[i])
}

function movesAnyKeys(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(movesAnyKeys)
  if (!(value instanceof JsonObject)) return false
  return movesKeys(value.members.map(({ key }) => key)) || value.members.some((member) => movesAnyKeys(member.value))
}
