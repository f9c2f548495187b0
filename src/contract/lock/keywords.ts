// The values of single keywords: each reader checks one value and returns it typed. Which keywords a schema may have is
// in node-kinds.ts.

import {
  appendPointer,
  compareKeys,
  JsonObject,
  primitiveText,
  type JsonPrimitive,
  type JsonValue,
} from '../../json/index.ts'
import { annotationKeywords } from '../../tables/lock-keywords.ts'
import { parsePattern, PatternError, type Pattern, type PatternUnits } from '../../pattern/index.ts'
import {
  normOps,
  typeNames,
  type LiteralValue,
  type NormOp,
  type NumericLimit,
  type ScalarTypeName,
  type TypeName,
  type UrlLimits,
} from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'

/** Allowed in every schema, without effect on a payload. The root may also have `$schema`. */
export const annotations: ReadonlySet<string> = new Set(annotationKeywords)

export function readCount(value: JsonValue, pointer: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalid(pointer, 'Expected an integer from 0 to 2^53 - 1.')
}

export function readBound(value: JsonValue, pointer: string): NumericLimit {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  throw invalid(pointer, 'Expected a number.')
}

export function readDivisor(value: JsonValue, pointer: string): NumericLimit {
  if ((typeof value === 'number' || typeof value === 'bigint') && value > 0) return value
  throw invalid(pointer, 'Expected a number above 0.')
}

export function readText(value: JsonValue, pointer: string): string {
  if (typeof value === 'string') return value
  throw invalid(pointer, 'Expected a string.')
}

export function readPattern(value: JsonValue, pointer: string, units: PatternUnits): Pattern {
  const source = readText(value, pointer)
  try {
    return parsePattern(source, units)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw unsupported(pointer, `The pattern is refused at position ${error.position}: ${error.message}`)
  }
}

/** The units of the pattern that the object holds beside them; readPatternUnits checks the keyword. */
export const patternUnitsOf = (holder: JsonObject): PatternUnits =>
  holder.has('x-pattern-units') ? 'utf16' : 'codepoint'

export function readPatternUnits(value: JsonValue, pointer: string, hasPattern: boolean): void {
  if (value !== 'utf16') throw invalid(pointer, 'Expected "utf16".')
  if (!hasPattern) throw invalid(pointer, 'There is no pattern beside it.')
}

/** allOf: further patterns only. */
export function readPatterns(value: JsonValue, pointer: string): Pattern[] {
  return readNonEmptyList(value, pointer).map((item, index) => {
    const at = appendPointer(pointer, index)
    if (typeof item === 'boolean') throw unsupported(at, 'allOf may only hold patterns.')
    if (!(item instanceof JsonObject)) throw invalid(at, 'Expected a schema.')
    if (!item.has('pattern')) throw unsupported(at, 'allOf may only hold patterns.')
    let pattern: Pattern | undefined
    for (const member of item.members) {
      const memberAt = appendPointer(at, member.key)
      if (member.key === 'pattern') pattern = readPattern(member.value, memberAt, patternUnitsOf(item))
      else if (member.key === 'x-pattern-units') readPatternUnits(member.value, memberAt, true)
      else if (!annotations.has(member.key)) throw unsupported(memberAt, 'allOf may only hold patterns.')
    }
    return pattern as Pattern
  })
}

/** Distinct operations in the fixed order. */
export function readNorm(value: JsonValue, pointer: string): NormOp[] {
  if (!Array.isArray(value)) throw invalid(pointer, 'Expected a list of operations.')
  value.forEach((item, index) => {
    const known = normOps.some((op) => op === item)
    if (known && value.indexOf(item) === index) return
    throw invalid(appendPointer(pointer, index), `Expected distinct names out of ${normOps.join(', ')}.`)
  })
  const ops = normOps.filter((op) => value.includes(op))
  if (ops.includes('lower') && ops.includes('upper')) throw invalid(pointer, 'lower and upper exclude each other.')
  return ops
}

/** Written only where it is true. */
export function readCoerce(value: JsonValue, pointer: string, types: readonly TypeName[]): true {
  if (types.length !== 1 || types[0] === 'null') {
    throw unsupported(pointer, 'Only a single type out of string, number, integer, boolean is coerced.')
  }
  if (value === true) return true
  throw invalid(pointer, 'Expected true.')
}

/** `x-url`: patterns of host and scheme. */
export function readUrl(value: JsonValue, pointer: string): UrlLimits {
  if (!(value instanceof JsonObject)) throw invalid(pointer, 'Expected an object.')
  const url: { hostname?: Pattern; protocol?: Pattern } = {}
  for (const { key, value: source } of value.members) {
    const at = appendPointer(pointer, key)
    if (key !== 'hostname' && key !== 'protocol') throw invalid(at, 'Expected only hostname and protocol.')
    url[key] = readPattern(source, at, 'codepoint')
  }
  return url
}

/** `type` as a name or as a list of scalar names: sorted. */
export function readTypes(value: JsonValue, pointer: string): TypeName[] {
  if (!Array.isArray(value)) return [readOneOf(typeNames, value, pointer)]
  if (value.length === 0) throw invalid(pointer, 'Expected at least one type.')
  const types = value.map((item, index) => {
    const name = readOneOf(typeNames, item, pointer)
    if (name === 'array' || name === 'object') throw unsupported(pointer, 'A list of types may only name scalar types.')
    if (value.indexOf(item) !== index) throw invalid(pointer, `The type ${name} is there twice.`)
    return name
  })
  return types.toSorted(compareKeys)
}

export function readOneOf<T extends string>(names: readonly T[], value: JsonValue, pointer: string): T {
  const name = names.find((known) => known === value)
  if (name === undefined) throw invalid(pointer, `Expected one of ${names.join(', ')}.`)
  return name
}

export function readConst(value: JsonValue, pointer: string): LiteralValue {
  if (isPrimitive(value)) return value
  throw unsupported(pointer, 'A constant must be a string, a number, a boolean or null.')
}

/** Distinct values, sorted by their canonical text. Equality is of doubles. */
export function readEnum(value: JsonValue, pointer: string): LiteralValue[] {
  const seen = new Set<LiteralValue>()
  readNonEmptyList(value, pointer).forEach((item, index) => {
    const at = appendPointer(pointer, index)
    if (!isPrimitive(item)) throw unsupported(at, 'A value must be a string, a number, a boolean or null.')
    if (seen.has(item)) throw invalid(at, 'The value is there twice.')
    seen.add(item)
  })
  return [...seen].toSorted((a, b) => compareKeys(primitiveText(a), primitiveText(b)))
}

export function readNonEmptyList(value: JsonValue, pointer: string): readonly JsonValue[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(pointer, 'Expected a list with at least one entry.')
  return value
}

const isPrimitive = (value: JsonValue): value is JsonPrimitive => value === null || typeof value !== 'object'

/** The types of `values`, sorted; a number is never inferred to be an integer. */
export function inferTypes(values: readonly LiteralValue[]): ScalarTypeName[] {
  const types = new Set(values.map(typeOfLiteral))
  return [...types].toSorted(compareKeys)
}

function typeOfLiteral(value: LiteralValue): ScalarTypeName {
  if (value === null) return 'null'
  return typeof value === 'bigint' ? 'number' : (typeof value as ScalarTypeName)
}

/** True when a value of const or enum is of one of `types`. */
export const admitsValue = (types: readonly TypeName[], value: LiteralValue): boolean =>
  types.some((type) => {
    if (type === 'null') return value === null
    if (type === 'integer') return typeof value === 'bigint' || Number.isInteger(value)
    return typeOfLiteral(value) === type
  })
