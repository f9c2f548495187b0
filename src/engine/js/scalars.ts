// Strings, numbers, booleans and null: their types and lengths, and their checks compiled for the fast path, which
// returns a verdict only. validate.ts finds the keyword that failed.

import type {
  NumberLimits,
  LiteralValue,
  Profile,
  ScalarNode,
  StringLimits,
  TypeName,
  ValuesNode,
} from '../../model/index.ts'
import { isWellFormed } from '#runtime'
import type { JsonPrimitive, JsonValue } from '../../json/index.ts'
import { compileMatcher } from './automaton.ts'
import { coerceScalar, largestNumber } from './coerce.ts'
import { isMultipleOf } from './multiple-of.ts'
import { normalizeString } from './normalize-string.ts'
import { compileUrl } from './url.ts'
import type { Visitor } from './visitor.ts'

/** The types that distinguish values; an integer is a number with a property. */
export type ValueType = Exclude<TypeName, 'integer'>

export function typeOf(value: JsonValue): ValueType {
  if (typeof value !== 'object') return typeof value === 'bigint' ? 'number' : (typeof value as ValueType)
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : 'object'
}

/** True when `value` is of one of `types`. An integer is any number without a fraction, 1e300 too. */
export function hasType(types: readonly TypeName[], value: JsonValue): boolean {
  const type = typeOf(value)
  for (const name of types) if (name === type || (name === 'integer' && isInteger(value))) return true
  return false
}

const isInteger = (value: JsonValue): boolean => typeof value === 'bigint' || Number.isInteger(value)

/** The text after normalization; undefined when a check fails. */
export type StringCheck = (text: string) => string | undefined

/** undefined when every string passes unchanged. */
export function compileString(limits: StringLimits | undefined): StringCheck | undefined {
  if (!limits) return undefined
  const { minLength = 0, maxLength = Infinity, norm } = limits
  const matchers = limits.patterns.map(compileMatcher)
  const url = limits.url && compileUrl(limits.url)
  const anyLength = minLength === 0 && maxLength === Infinity
  if (anyLength && norm.length === 0 && matchers.length === 0 && !url) return undefined
  return (raw) => {
    const normalized = norm.length === 0 ? raw : normalizeString(raw, norm)
    const text = url ? url(normalized) : normalized
    if (text === undefined) return undefined
    if (text.length > maxLength && codePoints(text) > maxLength) return undefined
    if (text.length < 2 * minLength && codePoints(text) < minLength) return undefined
    for (const matches of matchers) if (!matches(text)) return undefined
    return text
  }
}

export type NumberCheck = (value: number) => boolean

/** Checks bounds, multipleOf and the range of the data model; `integer`: the value must be integral. */
export function compileNumber(
  limits: NumberLimits | undefined,
  numbers: Profile['numbers'],
  integer: boolean,
): NumberCheck {
  const largest = largestNumber(numbers)
  const { minimum = -largest, maximum = largest, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits ?? {}
  const low = Math.max(Number(minimum), -largest)
  const high = Math.min(Number(maximum), largest)
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

export function compileScalar(node: ScalarNode, numbers: Profile['numbers']): Visitor {
  return node.coerce ? compileCoercion(node, numbers) : compilePlainScalar(node, numbers)
}

/** What is converted to another type is not in the result, so the data model is checked here. */
function compileCoercion(node: ScalarNode, numbers: Profile['numbers']): Visitor {
  const check = compilePlainScalar(node, numbers)
  const type = node.types[0] as ScalarNode['types'][number]
  const largest = largestNumber(numbers)
  return (value) => {
    if (typeof value === 'object' && value !== null) return undefined
    if (typeof value === 'string' && type !== 'string' && !isWellFormed(value)) return undefined
    if (typeof value === 'number' && !(Math.abs(value) <= largest)) return undefined
    return check(coerceScalar(value as JsonPrimitive, type, numbers))
  }
}

function compilePlainScalar(node: ScalarNode, numbers: Profile['numbers']): Visitor {
  const has = (name: ScalarNode['types'][number]): boolean => node.types.includes(name)
  const [string, boolean, nothing] = [has('string'), has('boolean'), has('null')]
  const number = has('number') || has('integer')
  const checkString = compileString(node.string)
  const checkNumber = compileNumber(node.number, numbers, !has('number'))
  return (value) => {
    switch (typeof value) {
      case 'string':
        return string ? (checkString ? checkString(value) : value) : undefined
      case 'number':
        return number && checkNumber(value) ? value : undefined
      case 'boolean':
        return boolean ? value : undefined
      default:
        return nothing && value === null ? value : undefined
    }
  }
}

export function compileValues(node: ValuesNode, numbers: Profile['numbers']): Visitor {
  const accepted = acceptedValues(node, numbers)
  const { norm } = node
  return (value) => {
    const text = norm.length > 0 && typeof value === 'string' ? normalizeString(value, norm) : value
    return accepted.has(text as LiteralValue) ? text : undefined
  }
}

/** The values of a const or enum, without the numbers that the fast path leaves to the slow one. */
export function acceptedValues({ values }: ValuesNode, numbers: Profile['numbers']): ReadonlySet<LiteralValue> {
  const largest = largestNumber(numbers)
  return new Set(
    values.filter((value) => typeof value !== 'bigint' && (typeof value !== 'number' || Math.abs(value) <= largest)),
  )
}

/** Length of a well-formed text in code points. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
