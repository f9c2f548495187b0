// The zod types that cannot become part of a contract, and what to write instead. (Bare z.object, xor, number keys and
// formats that are code are rejected where their family is read.)

import type { $ZodTypes } from 'zod/v4/core'
import { isSchema } from './traverse.ts'

const problems: Readonly<Record<string, string>> = {
  catch: '.catch() silently replaces invalid data; drop it: an invalid payload is an outcome',
  custom: 'z.custom() and z.instanceof() are code that a lock cannot hold; write a schema of JSON',
  date: 'JSON has no dates; write z.iso.datetime() or z.iso.date()',
  file: 'JSON has no files; write z.base64()',
  function: 'JSON has no functions; drop it',
  map: 'JSON has no maps; write z.record()',
  nan: 'JSON has no NaN; write z.null() or drop it',
  never: 'z.never() accepts nothing; write z.never().optional() for a key that must be absent',
  promise: 'JSON has no promises; write the schema inside',
  set: 'JSON has no sets; write z.array()',
  success: 'z.success() gives a boolean for any value; drop it',
  symbol: 'JSON has no symbols; write z.literal() or z.enum()',
  transform:
    'z.transform() is code that a lock cannot hold; write the schema of its input, and convert outcome.value()',
  undefined: 'JSON has no undefined; write .optional()',
  void: 'JSON has no undefined; write .optional()',
}

/** Types whose values JSON has not. As an option of a union such a type accepts no payload. */
const outsideJson = new Set(['date', 'file', 'function', 'map', 'nan', 'never', 'set', 'symbol', 'undefined', 'void'])

export const isOutsideJson = (schema: unknown): boolean =>
  isSchema(schema) && outsideJson.has(schema._zod.def.type) && (schema._zod.def as { coerce?: boolean }).coerce !== true

export const unsupportedType = ({ _zod: { def } }: $ZodTypes): string =>
  problems[def.type] ?? `the zod type "${def.type}" is unknown; write it with the types of JSON`
