// What a value is in the eyes of a schema. No rule of a keyword lives here.

import type { TypeName } from '../../contract/index.ts'
import type { JsonValue } from '../../json/index.ts'

/** The types that tell values apart; an integer is a number with a property. */
export type ValueType = Exclude<TypeName, 'integer'>

export function typeOf(value: JsonValue): ValueType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const type = typeof value
  return type as ValueType
}

/** Whether `value` is of one of `types`. An integer is any number without a fraction, 1e300 too. */
export function hasType(types: readonly TypeName[], value: JsonValue): boolean {
  return types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(value))
}

/** Length of a well-formed text in code points. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
