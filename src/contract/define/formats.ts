// The pattern that each of zod's string formats has in a lock: zod's own where its check *is* that pattern, a frozen
// one where they differ, none where the check is code. Unknown formats are unsupported: a future format may be code.

import type { PatternDocument } from '../schema-document.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import { frozenPatterns } from './frozen-patterns.ts'
import { readPattern } from './patterns.ts'
import { zodPatterns } from './zod-patterns.ts'

/** Formats whose check in zod is exactly `def.pattern`. */
const patternIsTheCheck = new Set(
  (
    'cidrv4 cuid cuid2 date datetime duration e164 email guid ipv4 ksuid lowercase mac nanoid time ulid uppercase ' +
    'uuid xid'
  ).split(' '),
)

const unsupportedFormats: Readonly<Record<string, string>> = {
  jwt: 'z.jwt() decodes the token in code; write z.string().regex(…) for its shape and verify it in the app',
  iban: 'z.iban() computes a checksum in code; write z.string().regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/) and check it in the app',
  credit_card:
    'z.creditCard() computes a checksum in code; write z.string().regex(/^[0-9]{12,19}$/) and check it in the app',
  emoji: 'z.emoji() follows the Unicode version of the runtime; write z.string().max(…)',
}

/** The patterns of a string format; empty for an unsupported one. */
export function patternsOfFormat(context: LoweringContext, path: string, def: CheckDef): readonly PatternDocument[] {
  const format = def.format ?? ''
  const rejected = (problem: string): [] => {
    context.reject(path, problem)
    return []
  }
  const problem = Object.hasOwn(unsupportedFormats, format) ? unsupportedFormats[format] : undefined
  if (problem !== undefined) return rejected(problem)
  if (def.fn !== undefined && !isRegexOnly(def))
    return rejected(`the string format "${format}" is code; write z.stringFormat('${format}', /…/) or .regex(/…/)`)
  const frozen = frozenFor(def)
  if (frozen !== undefined) return frozen.map((pattern) => ({ pattern }))
  if (def.pattern === undefined || (def.fn === undefined && !patternIsTheCheck.has(format)))
    return rejected(`the string format "${format}" is unknown; write z.string().regex(/…/)`)
  return readPattern(context, path, def.pattern)
}

/** Formats whose check in zod is code, and the two patterns of zod that need look-ahead. */
function frozenFor(def: CheckDef): readonly string[] | undefined {
  if (def.fn === undefined && checkedByCode.has(def.format ?? '')) return frozenPatterns[def.format ?? '']
  if (def.pattern?.source === zodPatterns.duration) return frozenPatterns['duration']
  if (def.pattern?.source === zodPatterns.hostname) return frozenPatterns['hostname']
  return undefined
}

const checkedByCode = new Set(['base64', 'base64url', 'cidrv6', 'ipv6'])

/** The JSON Schema name of a format: an annotation, never a check. */
export function formatAnnotation({ format }: CheckDef): string | undefined {
  if (format === 'datetime') return 'date-time'
  return format !== undefined && annotated.has(format) ? format : undefined
}

const annotated = new Set(['date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'])

/** z.stringFormat() wraps a regex in `(val) => fnOrRegex.test(val)`; a bundler may have renamed the variables. */
function isRegexOnly({ fn, pattern }: CheckDef): boolean {
  const source = String(fn).replace(/\s/g, '')
  if (fn === undefined || pattern === undefined || !/^\(?([\w$]+)\)?=>[\w$]+\.test\(\1\)$/.test(source)) return false
  if (!Object.isExtensible(pattern)) return true
  // The author may give another function of this form, and a pattern as an option: it does not ask this very pattern.
  let isAsked = false
  const watched = (): boolean => (isAsked = true)
  Object.defineProperty(pattern, 'test', { value: watched, configurable: true })
  fn('')
  Reflect.deleteProperty(pattern, 'test')
  return isAsked
}
