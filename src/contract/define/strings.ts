// Strings: z.string(), the string formats, their checks, and template literals. Which format has which pattern is in
// formats.ts; overwrites (`.trim()`) and refinements are dealt with in checks.ts.

import type { $ZodTemplateLiteral, $ZodType } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import { readChecks, takeLength, type CheckDef, type LengthBounds } from './checks.ts'
import type { SchemaDocument } from './document.ts'
import { formatAnnotation, patternsOfFormat, stringSource } from './formats.ts'
import { normsOf } from './norm.ts'
import { literally, takePattern } from './patterns.ts'
import type { Walk } from './walk.ts'

export function lowerString(walk: Walk, schema: $ZodType, path: string, norm: readonly NormOp[]): SchemaDocument {
  const def = schema._zod.def as unknown as CheckDef
  const checks = schema._zod.def.checks
  const bounds: LengthBounds = {}
  const patterns = new Set<string>()
  const annotation: { format?: string } = {}
  const takeFormat = (check: CheckDef): true => {
    for (const pattern of patternsOfFormat(walk, path, check)) patterns.add(pattern)
    const format = formatAnnotation(check)
    if (format !== undefined) annotation.format ??= format
    return true
  }
  const take = (check: CheckDef): boolean =>
    takeLength(walk, path, check, bounds) ||
    (check.check === 'string_format' && (takeText(walk, path, check, patterns) || takeFormat(check)))

  if (def.check === 'string_format') takeFormat(def)
  readChecks(walk, checks, path, take, stringSource(schema))
  return { type: 'string', ...annotation, ...lengths(bounds), ...patternKeywords(patterns), ...normKeyword(norm) }
}

export function lowerTemplate(
  walk: Walk,
  schema: $ZodTemplateLiteral,
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  for (const part of schema._zod.def.parts) {
    if (typeof part === 'object' && part !== null && isNormed(part)) {
      walk.refuse(
        path,
        'norm() on a part of a template literal would be lost; put it on the whole: norm(z.templateLiteral(…), …)',
      )
    }
  }
  // zod's own check of a template is this very pattern; checks of the parts count only as far as they are in it.
  const pattern = takePattern(walk, path, schema._zod.pattern)
  return { type: 'string', ...patternKeywords(pattern === undefined ? [] : [pattern]), ...normKeyword(norm) }
}

/** startsWith, endsWith, includes, regex: zod checks text, a lock says it as a pattern. */
function takeText(walk: Walk, path: string, def: CheckDef, patterns: Set<string>): boolean {
  const { format } = def
  if (format === 'regex') {
    const pattern = def.pattern && takePattern(walk, path, def.pattern)
    if (pattern !== undefined) patterns.add(pattern)
    return true
  }
  const text =
    format === 'starts_with'
      ? def.prefix
      : format === 'ends_with'
        ? def.suffix
        : format === 'includes'
          ? def.includes
          : undefined
  if (text === undefined) return false
  if (def.position !== undefined) {
    walk.refuse(path, '.includes(…, { position }) counts UTF-16 units; write a .regex()')
  } else if (!text.isWellFormed()) {
    walk.refuse(path, 'a lone surrogate can never be in a payload; correct the text')
  } else if (text !== '') {
    patterns.add(`${format === 'starts_with' ? '^' : ''}${literally(text)}${format === 'ends_with' ? '$' : ''}`)
  }
  return true
}

function isNormed(schema: $ZodType): boolean {
  const { innerType } = schema._zod.def as { innerType?: $ZodType }
  return normsOf(schema).length > 0 || (innerType !== undefined && isNormed(innerType))
}

const lengths = ({ min, max }: LengthBounds): SchemaDocument => ({
  ...(min === undefined ? {} : { minLength: min }),
  ...(max === undefined ? {} : { maxLength: max }),
})

function patternKeywords(patterns: Iterable<string>): SchemaDocument {
  const [first, ...others] = patterns
  if (first === undefined) return {}
  return others.length === 0 ? { pattern: first } : { pattern: first, allOf: others.map((pattern) => ({ pattern })) }
}

export const normKeyword = (norm: readonly NormOp[]): SchemaDocument =>
  norm.length === 0 ? {} : { 'x-norm': [...norm] }
