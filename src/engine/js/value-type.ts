// What a value is in the eyes of a schema. No rule of a keyword lives here.

import type { TypeName } from '../../model/index.ts'
import type { JsonValue } from '../../json/index.ts'

/** The types that tell values apart; an integer is a number with a property. */
export type ValueType = Exclude<TypeName, 'integer'>

export function typeOf(value: JsonValue): ValueType {
  if (typeof value !== 'object') return typeof value as ValueType
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : 'object'
}

/** Whether `value` is of one of `types`. An integer is any number without a fraction, 1e300 too. */
export function hasType(types: readonly TypeName[], value: JsonValue): boolean {
  const type = typeOf(value)
  for (const name of types) if (name === type || (name === 'integer' && Number.isInteger(value))) return true
  return false
}

/** Length of a well-formed text in code points. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
