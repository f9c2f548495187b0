// `x-coerce`: converts a scalar to one type, as Number(), String() and Boolean() do.
// native/core/src/validate/coerce.rs is the twin.

import type { Profile, ScalarTypeName } from '../../model/index.ts'
import type { JsonPrimitive } from '../../json/index.ts'

/**
 * Every double beyond 2^53 - 1 is integral, so with "safe" one comparison covers number.unsafe_integer and range. With
 * "int64" no double is an integer beyond it either.
 */
export const largestNumber = (numbers: Profile['numbers']): number =>
  numbers === 'double' ? Number.MAX_VALUE : Number.MAX_SAFE_INTEGER

/** The scalar as one of `type`; undefined where it is no number, or one beyond those that the data model admits. */
export function coerceScalar(
  value: JsonPrimitive,
  type: ScalarTypeName,
  numbers: Profile['numbers'],
): JsonPrimitive | undefined {
  if (type === 'string') return String(value)
  if (type === 'boolean') return Boolean(value)
  if (typeof value === 'bigint') return value
  // -0 is 0. NaN fails the comparison.
  const number = Number(value) + 0
  return Math.abs(number) <= largestNumber(numbers) ? number : undefined
}
