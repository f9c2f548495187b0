// The checks of one string and of one number, compiled from their limits, for the fast path. They only say yes or no:
// which keyword failed is found by validate.ts, which is the oracle.

import type { NumberLimits, Profile, StringLimits } from '../../model/index.ts'
import { compileMatcher } from './automaton.ts'
import { isMultipleOf } from './multiple-of.ts'
import { normalizeString } from './normalize-string.ts'
import { codePoints } from './value-type.ts'

/** The text after normalizing, or undefined when a check fails. */
export type StringStep = (text: string) => string | undefined

/** undefined: every string passes as it is. */
export function stringStep(limits: StringLimits | undefined): StringStep | undefined {
  if (!limits) return undefined
  const { minLength = 0, maxLength = Infinity, norm } = limits
  const matchers = limits.patterns.map(compileMatcher)
  if (minLength === 0 && maxLength === Infinity && norm.length === 0 && matchers.length === 0) return undefined
  return (raw) => {
    const text = norm.length === 0 ? raw : normalizeString(raw, norm)
    if (text.length > maxLength && codePoints(text) > maxLength) return undefined
    if (text.length < 2 * minLength && codePoints(text) < minLength) return undefined
    for (const matches of matchers) if (!matches(text)) return undefined
    return text
  }
}

export type NumberTest = (value: number) => boolean

/** Bounds, multipleOf and the data model's range; `integer` is the type's own check. */
export function numberTest(
  limits: NumberLimits | undefined,
  numbers: Profile['numbers'],
  integer: boolean,
): NumberTest {
  const largest = largestNumber(numbers)
  const { minimum = -largest, maximum = largest, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits ?? {}
  const low = Math.max(minimum, -largest)
  const high = Math.min(maximum, largest)
  const plain = exclusiveMinimum === undefined && exclusiveMaximum === undefined && multipleOf === undefined
  if (plain && integer) return (value) => value >= low && value <= high && Number.isInteger(value)
  if (plain) return (value) => value >= low && value <= high
  return (value) =>
    value >= low &&
    value <= high &&
    (!integer || Number.isInteger(value)) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
    (multipleOf === undefined || isMultipleOf(value, multipleOf))
}

/** Every double beyond 2^53 - 1 is integral, so with "safe" one comparison covers number.unsafe_integer and range. */
export const largestNumber = (numbers: Profile['numbers']): number =>
  numbers === 'safe' ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE
