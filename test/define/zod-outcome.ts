// What zod makes of a JSON value, for comparisons with the engines.

import type { ZodType } from 'zod'
import { safeParse, type $ZodType, type $ZodTypes } from 'zod/v4/core'

export type ZodOutcome =
  | { readonly ok: false }
  /** The canonical text of the output, and the output itself in `tagged` form. */
  | { readonly ok: true; readonly document: string; readonly value: string }

/**
 * Of the payload as `outcome.value()` reads it: an integer is a bigint at each z.bigint(), a number at each z.number(). Wide
 * integers of the payload are bigints.
 */
export function zodOutcome(schema: ZodType, payload: unknown): ZodOutcome {
  const { success, data } = schema.safeParse(withoutPrototypes(asRead(schema, payload)))
  return success ? { ok: true, document: canonical(data), value: tagged(data) } : { ok: false }
}

/** Members in the order of their UTF-16 code units; integers with all digits. */
const canonical = (value: unknown): string => write(value, (integer) => String(integer))

/** The same, but bigints differ from numbers. */
export const tagged = (value: unknown): string => write(value, (integer) => `${integer}n`)

function write(value: unknown, integer: (value: bigint) => string): string {
  if (typeof value === 'bigint') return integer(value)
  if (Array.isArray(value)) {
    // Missing items at the end that zod reads as undefined stay missing.
    const items = value.slice(0, value.findLastIndex((item) => item !== undefined) + 1)
    return `[${items.map((item) => write(item, integer)).join(',')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const members = Object.entries(value)
    // JSON has no undefined.
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member, integer)}`).join(',')}}`
}

/** zod reads a missing `toString` from the prototype, a contract reads own members only. */
function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.create(null) as Record<string, unknown>
  for (const [key, member] of Object.entries(value)) copy[key] = withoutPrototypes(member)
  return copy
}

/** Where the schema says nothing, integers are bigints beyond ±(2^53 - 1). */
function asRead(schema: $ZodType, value: unknown): unknown {
  const type = schema as $ZodTypes
  const { def } = type._zod
  switch (def.type) {
    case 'bigint':
      return Number.isInteger(value) ? BigInt(value as number) : value
    case 'number':
      return typeof value === 'bigint' ? Number(value) : value
    case 'literal':
    case 'enum':
      return typeof value === 'bigint' &&
        type._zod.values?.has(Number(value)) === true &&
        BigInt(Number(value)) === value
        ? Number(value)
        : value
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'readonly':
    case 'default':
    case 'prefault':
      return asRead(def.innerType, value)
    case 'pipe':
      return asRead(def.in, value)
    case 'intersection':
      return asRead(def.right, asRead(def.left, value))
    case 'union':
      for (const option of def.options) {
        const read = asRead(option, value)
        if (safeParse(option, withoutPrototypes(read)).success) return read
      }
      return value
    case 'lazy':
      return asRead((type as { _zod: { innerType: $ZodType } })._zod.innerType, value)
    case 'array':
      return Array.isArray(value) ? value.map((item) => asRead(def.element, item)) : value
    case 'tuple':
      return Array.isArray(value)
        ? value.map((item, i) => {
            const at = def.items[i] ?? def.rest
            return at === null ? (item as unknown) : asRead(at, item)
          })
        : value
    case 'record':
      return mapMembers(value, () => def.valueType)
    case 'object':
      return mapMembers(value, (key) => (Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall))
    default:
      return value
  }
}

function mapMembers(value: unknown, schemaOf: (key: string) => $ZodType | undefined): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, unknown] => {
      const schema = schemaOf(key)
      return [key, schema === undefined ? member : asRead(schema, member)]
    }),
  )
}
