// Strings: z.string(), the string formats, their checks, and template literals. The pattern of each format is in
// formats.ts; overwrites (`.trim()`) and refinements are read in checks.ts.

import type { $ZodTemplateLiteral, $ZodType } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import { readChecks, readLengthCheck, type LengthBounds } from './checks.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import type { PatternDocument, SchemaDocument } from '../schema-document.ts'
import { formatAnnotation, patternsOfFormat, stringSource } from './formats.ts'
import { normsOf } from './norm.ts'
import { literally, readPattern } from './patterns.ts'

export function lowerString(
  context: LoweringContext,
  schema: $ZodType,
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  const def = schema._zod.def as unknown as CheckDef
  const checks = schema._zod.def.checks
  const bounds: LengthBounds = {}
  const patterns: Patterns = new Map()
  const annotation: { format?: string } = {}
  const readFormat = (check: CheckDef): true => {
    addPatterns(patterns, patternsOfFormat(context, path, check))
    const format = formatAnnotation(check)
    if (format !== undefined) annotation.format ??= format
    return true
  }
  const readCheck = (check: CheckDef): boolean =>
    readLengthCheck(context, path, check, bounds) ||
    (check.check === 'string_format' && (readTextCheck(context, path, check, patterns) || readFormat(check)))

  if (def.check === 'string_format') readFormat(def)
  readChecks(context, checks, path, readCheck, stringSource(schema))
  return {
    type: 'string',
    ...annotation,
    ...lengths(bounds),
    ...patternKeywords(patterns.values()),
    ...normKeyword(norm),
  }
}

export function lowerTemplate(
  context: LoweringContext,
  schema: $ZodTemplateLiteral,
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  for (const part of schema._zod.def.parts) {
    if (typeof part === 'object' && part !== null && isNormalized(part)) {
      context.reject(
        path,
        'norm() on a part of a template literal would be lost; put it on the whole: norm(z.templateLiteral(…), …)',
      )
    }
  }
  // zod checks a template by this pattern; checks of the parts count only as far as it holds them.
  const patterns = readPattern(context, path, schema._zod.pattern)
  return { type: 'string', ...patternKeywords(patterns), ...normKeyword(norm) }
}

/** Reads startsWith, endsWith, includes and regex as patterns. */
function readTextCheck(context: LoweringContext, path: string, def: CheckDef, patterns: Patterns): boolean {
  const { format } = def
  if (format === 'regex') {
    if (def.pattern) addPatterns(patterns, readPattern(context, path, def.pattern))
    return true
  }
  const texts = new Map(Object.entries({ starts_with: def.prefix, ends_with: def.suffix, includes: def.includes }))
  const text = texts.get(format ?? '')
  if (text === undefined) return false
  if (def.position !== undefined) {
    context.reject(path, '.includes(…, { position }) counts UTF-16 units; write a .regex()')
  } else if (!text.isWellFormed()) {
    context.reject(path, 'a lone surrogate can never be in a payload; correct the text')
  } else if (text !== '') {
    const pattern = `${format === 'starts_with' ? '^' : ''}${literally(text)}${format === 'ends_with' ? '$' : ''}`
    addPatterns(patterns, [{ pattern }])
  }
  return true
}

function isNormalized(schema: $ZodType): boolean {
  const { innerType } = schema._zod.def as { innerType?: $ZodType }
  return normsOf(schema).length > 0 || (innerType !== undefined && isNormalized(innerType))
}

const lengths = ({ min, max }: LengthBounds): SchemaDocument => ({
  ...(min === undefined ? {} : { minLength: min }),
  ...(max === undefined ? {} : { maxLength: max }),
})

/** Each pattern once, by its keywords. */
type Patterns = Map<string, PatternDocument>

function addPatterns(patterns: Patterns, more: Iterable<PatternDocument>): void {
  for (const one of more) patterns.set(JSON.stringify(one), one)
}

function patternKeywords(patterns: Iterable<PatternDocument>): SchemaDocument {
  const [first, ...others] = patterns
  return others.length === 0 ? { ...first } : { ...first, allOf: others }
}

export const normKeyword = (norm: readonly NormOp[]): SchemaDocument =>
  norm.length === 0 ? {} : { 'x-norm': [...norm] }
