// Which of zod's string formats has which pattern in a lock: zod's own where its check *is* that pattern, a frozen one of
// ours where they differ, none where the check is code. Unknown formats are refused: a format of tomorrow may be code.

import { regexes, type $ZodType } from 'zod/v4/core'
import type { CheckDef } from './checks.ts'
import { frozenPatterns } from './frozen-patterns.ts'
import { takePattern } from './patterns.ts'
import type { Walk } from './walk.ts'

/** zod tests exactly `def.pattern`. */
const patternIsTheCheck = new Set(
  (
    'cidrv4 cuid cuid2 date datetime duration e164 email guid ipv4 ksuid lowercase mac nanoid time ulid uppercase ' +
    'uuid xid'
  ).split(' '),
)

const refused: Readonly<Record<string, string>> = {
  url: 'z.url() and z.httpUrl() ask the URL constructor, which differs by runtime; write httpUrl() from sidelane',
  jwt: 'z.jwt() decodes the token in code; write z.string().regex(…) for its shape and verify it in the app',
  iban: 'z.iban() computes a checksum in code; write z.string().regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/) and check it in the app',
  credit_card:
    'z.creditCard() computes a checksum in code; write z.string().regex(/^[0-9]{12,19}$/) and check it in the app',
  emoji: 'z.emoji() follows the Unicode version of the runtime; write z.string().max(…)',
}

/** The patterns of a string format; none after a refusal. */
export function patternsOfFormat(walk: Walk, path: string, def: CheckDef): readonly string[] {
  const format = def.format ?? ''
  const why = refused[format]
  if (why !== undefined) {
    walk.refuse(path, why)
    return []
  }
  if (def.fn !== undefined && !isRegexOnly(def)) {
    walk.refuse(path, `the string format "${format}" is code; write z.stringFormat('${format}', /…/) or .regex(/…/)`)
    return []
  }
  const frozen = frozenFor(def)
  if (frozen !== undefined) return frozen
  if (def.pattern === undefined || (def.fn === undefined && !patternIsTheCheck.has(format))) {
    walk.refuse(path, `the string format "${format}" is not known here; write z.string().regex(/…/)`)
    return []
  }
  const pattern = takePattern(walk, path, def.pattern)
  return pattern === undefined ? [] : [pattern]
}

/** Formats whose check in zod is code, and the two patterns of zod that need look-ahead. */
function frozenFor(def: CheckDef): readonly string[] | undefined {
  if (def.fn === undefined && checkedByCode.has(def.format ?? '')) return frozenPatterns[def.format ?? '']
  if (def.pattern?.source === regexes.duration.source) return frozenPatterns['duration']
  if (def.pattern?.source === regexes.hostname.source) return frozenPatterns['hostname']
  return undefined
}

const checkedByCode = new Set(['base64', 'base64url', 'cidrv6', 'ipv6'])

/** The JSON Schema word for a format: an annotation, never a check. */
export function formatAnnotation({ format }: CheckDef): string | undefined {
  if (format === 'datetime') return 'date-time'
  return format !== undefined && annotated.has(format) ? format : undefined
}

const annotated = new Set(['date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'])

/** z.stringFormat() keeps a regex as this function, whose text no other function is likely to have. */
const isRegexOnly = ({ fn, pattern }: CheckDef): boolean =>
  pattern !== undefined && String(fn).replace(/\s/g, '') === '(val)=>fnOrRegex.test(val)'

const constructors: Readonly<Record<string, string>> = {
  date: 'z.iso.date()',
  datetime: 'z.iso.datetime()',
  duration: 'z.iso.duration()',
  time: 'z.iso.time()',
}

/** The source of a string schema without its overwrites, for advice: `z.email().max(64)`. */
export function stringSource(schema: $ZodType): string {
  const def = schema._zod.def as unknown as CheckDef
  const base = def.check === 'string_format' ? (constructors[def.format ?? ''] ?? `z.${def.format}()`) : 'z.string()'
  return (
    base + (schema._zod.def.checks ?? []).map((check) => checkSource(check._zod.def as unknown as CheckDef)).join('')
  )
}

function checkSource(def: CheckDef): string {
  if (def.check === 'min_length') return `.min(${def.minimum})`
  if (def.check === 'max_length') return `.max(${def.maximum})`
  if (def.check === 'length_equals') return `.length(${def.length})`
  if (def.check !== 'string_format') return ''
  if (def.format === 'regex') return `.regex(${String(def.pattern)})`
  if (def.format === 'starts_with') return `.startsWith(${JSON.stringify(def.prefix)})`
  if (def.format === 'ends_with') return `.endsWith(${JSON.stringify(def.suffix)})`
  if (def.format === 'includes') return `.includes(${JSON.stringify(def.includes)})`
  return `.${def.format}()`
}
