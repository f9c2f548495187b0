// Members of the lock's own objects, and the integers among them.

import { appendPointer, compareKeys, JsonObject, type JsonValue } from '../../json/index.ts'
import { invalid } from './errors.ts'

/** The members in canonical order. Throws at the place of a missing one, when the iteration gets there. */
export function* membersOf(
  object: JsonValue,
  pointer: string,
  required: readonly string[] = [],
  noun = '',
): Generator<{ key: string; value: JsonValue; at: string }> {
  if (!(object instanceof JsonObject)) throw invalid(pointer, 'Expected an object.')
  const missing = required.filter((key) => !object.has(key))
  for (const key of [...object.members.map((member) => member.key), ...missing].toSorted(compareKeys)) {
    const at = appendPointer(pointer, key)
    const value = object.get(key)
    if (value === undefined) throw invalid(at, `The ${noun} is missing.`)
    yield { key, value, at }
  }
}

export function readInteger(
  { min, max }: { readonly min: number; readonly max: number },
  value: JsonValue,
  pointer: string,
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(pointer, `Expected an integer from ${min} to ${max}.`)
}
