// Writes the chain of a string as source, with its conversions ahead of its checks: the order that a contract has.

import type { $ZodType } from 'zod/v4/core'
import { normOps, type NormOp } from '../../model/index.ts'
import { isCoerced } from './coerce.ts'
import type { CheckDef } from './context.ts'
import { zodPatterns } from './zod-patterns.ts'

const calls: Readonly<Partial<Record<NormOp, string>>> = {
  lower: '.toLowerCase()',
  upper: '.toUpperCase()',
  nfc: '.normalize()',
  trim: '.trim()',
}

/** `z.string().trim().pipe(z.email().max(64))`; refinements are left out. `stages`: the parts of a `.pipe()` chain. */
export function sourceInOrder(stages: readonly $ZodType[], ops: Iterable<NormOp>): string {
  const wanted = new Set(ops)
  const conversions = normOps.map((op) => (wanted.has(op) ? (calls[op] ?? '') : '')).join('')
  const coerced = isCoerced(stages[0] as $ZodType)
  let source = `${coerced ? 'z.coerce' : 'z'}.string()${conversions}`
  for (const stage of stages) {
    const checks = checksOf(stage).map(checkSource).join('')
    const def = stage._zod.def as unknown as CheckDef
    source += def.check === 'string_format' ? `.pipe(${formatSource(def)}${checks})` : checks
  }
  return source
}

const checksOf = (schema: $ZodType): CheckDef[] =>
  (schema._zod.def.checks ?? []).map((check) => check._zod.def as unknown as CheckDef)

const isoFormats = new Set(['date', 'datetime', 'duration', 'time'])

function formatSource(def: CheckDef): string {
  const { format = '', fn, pattern } = def
  if (isHttpUrl(def)) return 'z.httpUrl()'
  if (fn !== undefined && pattern !== undefined) return `z.stringFormat(${JSON.stringify(format)}, ${String(pattern)})`
  return `z.${isoFormats.has(format) ? 'iso.' : ''}${format}(${optionsSource(def)})`
}

function checkSource(def: CheckDef): string {
  const { check, format = '' } = def
  if (check === 'min_length') return `.min(${def.minimum})`
  if (check === 'max_length') return `.max(${def.maximum})`
  if (check === 'length_equals') return `.length(${def.length})`
  if (check !== 'string_format') return ''
  if (format === 'regex') return `.regex(${String(def.pattern)})`
  if (format === 'starts_with') return `.startsWith(${JSON.stringify(def.prefix)})`
  if (format === 'ends_with') return `.endsWith(${JSON.stringify(def.suffix)})`
  if (format === 'includes') return `.includes(${JSON.stringify(def.includes)})`
  return `.${format}(${optionsSource(def)})`
}

/** The options that decide a verdict, as an object literal; empty for none. */
function optionsSource(def: CheckDef): string {
  const given = def as unknown as Readonly<Record<string, unknown>>
  const options = ['offset', 'local', 'precision', 'version', 'delimiter', 'hostname', 'protocol', 'normalize'].flatMap(
    (name) => {
      const value = given[name]
      if (value === undefined || value === null || value === false) return []
      return [`${name}: ${value instanceof RegExp ? String(value) : JSON.stringify(value)}`]
    },
  )
  if (def.format === 'email' && def.pattern !== undefined && def.pattern.source !== zodPatterns.email)
    options.push(`pattern: ${String(def.pattern)}`)
  return options.length === 0 ? '' : `{ ${options.join(', ')} }`
}

const isHttpUrl = ({ format, hostname, protocol }: CheckDef): boolean =>
  format === 'url' && protocol?.source === zodPatterns.httpProtocol && hostname?.source === zodPatterns.domain
