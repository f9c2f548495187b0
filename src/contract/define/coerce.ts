// z.coerce.number(), .string() and .boolean(): `x-coerce`.

import type { $ZodType } from 'zod/v4/core'
import type { SchemaDocument } from '../schema-document.ts'

export const isCoerced = (schema: $ZodType): boolean => (schema._zod.def as { coerce?: boolean }).coerce === true

export const coerceKeyword = (schema: $ZodType): SchemaDocument => (isCoerced(schema) ? { 'x-coerce': true } : {})

const unsupported: Readonly<Record<string, string>> = {
  date: 'z.coerce.date() reads dates by rules of its own; write z.iso.datetime({ offset: true }) or z.iso.date(), and new Date(…) in the app',
  bigint:
    'z.coerce.bigint() makes what JSON cannot hold; write z.int(), or z.string().regex(/^-?[0-9]+$/) and BigInt(…) in the app',
}

/** Why a coerced schema cannot become part of a contract; undefined for one that can. */
export const coercionProblem = (schema: $ZodType): string | undefined =>
  isCoerced(schema) ? unsupported[schema._zod.def.type] : undefined
