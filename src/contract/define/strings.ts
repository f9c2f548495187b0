// Strings: z.string(), the string formats, their checks, chains of them, and template literals. The pattern of each format
// is in formats.ts; conversions (`.trim()`) are read in norm-chain.ts, refinements in checks.ts.

import type { $ZodTemplateLiteral, $ZodType } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import { checksOf, readChecks, readLengthCheck, type LengthBounds } from './checks.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import type { PatternDocument, SchemaDocument } from '../schema-document.ts'
import { coerceKeyword } from './coerce.ts'
import { formatAnnotation, patternsOfFormat } from './formats.ts'
import { NormChain } from './norm-chain.ts'
import { inOrder, normsOf } from './norm.ts'
import { literally, readPattern } from './patterns.ts'
import { readUrl } from './urls.ts'

/**
 * A string, or a chain of strings: `z.string().trim().pipe(z.email())` has two `stages`. Its checks are read in their order.
 */
export function lowerString(
  context: LoweringContext,
  stages: readonly $ZodType[],
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  const bounds: LengthBounds = {}
  const patterns: Patterns = new Map()
  const found: { format?: string; url?: SchemaDocument['x-url'] } = {}
  const chain = new NormChain(stages)
  const readFormat = (check: CheckDef): true => {
    if (check.format === 'url') {
      found.url = readUrl(context, path, check, found.url)
      return true
    }
    addPatterns(patterns, patternsOfFormat(context, path, check))
    const format = formatAnnotation(check)
    if (format !== undefined) found.format ??= format
    return true
  }
  const readCheck = (check: CheckDef): boolean => {
    if (check.format === 'url' && found.url === undefined && patterns.size > 0)
      context.reject(
        path,
        'a pattern ahead of .url() would see the white space that .url() removes; write it behind .url()',
      )
    const known =
      readLengthCheck(context, path, check, bounds) ||
      (check.check === 'string_format' && (readTextCheck(context, path, check, patterns) || readFormat(check)))
    if (known) chain.sawCheck(check)
    return known
  }
  readChecks(context, stages.flatMap(checksOf), path, readCheck, (check) => chain.overwrite(check))
  return {
    type: 'string',
    ...(found.format === undefined ? {} : { format: found.format }),
    ...coerceKeyword(stages[0] as $ZodType),
    ...lengths(bounds),
    ...patternKeywords(patterns.values()),
    ...(found.url === undefined ? {} : { 'x-url': found.url }),
    ...normKeyword(inOrder([...norm, ...chain.ops])),
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
