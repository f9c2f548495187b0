// The zod types that cannot become part of a contract, and what to write instead. (Bare z.object, xor, number keys and
// formats that are code are rejected where their family is read.)

import type { $ZodTypes } from 'zod/v4/core'

const inTheApp = 'do it in the app, on outcome.value()'

const problems: Readonly<Record<string, string>> = {
  catch: '.catch() silently replaces invalid data; drop it, an invalid payload is an outcome',
  custom: 'z.custom() and z.instanceof() are code; write a schema of JSON',
  date: 'JSON has no dates; write z.iso.datetime() or z.iso.date()',
  default: `.default() fills in values; write .optional() and ${inTheApp}`,
  file: 'JSON has no files; write z.base64()',
  function: 'JSON has no functions; drop it',
  map: 'JSON has no maps; write z.record()',
  nan: 'JSON has no NaN; write z.null() or drop it',
  never: 'z.never() accepts nothing; leave the key out of a z.strictObject()',
  prefault: `.prefault() fills in values; write .optional() and ${inTheApp}`,
  promise: 'JSON has no promises; write the schema inside',
  set: 'JSON has no sets; write z.array()',
  success: 'z.success() gives a boolean for any value; drop it',
  symbol: 'JSON has no symbols; write z.literal() or z.enum()',
  transform: `a transform is code; write the schema of its input and ${inTheApp}`,
  undefined: 'JSON has no undefined; write .optional()',
  void: 'JSON has no undefined; write .optional()',
}

export function unsupportedType(type: $ZodTypes): string {
  const { def } = type._zod
  if (def.type === 'pipe') {
    const [input, output] = [def.in as $ZodTypes, def.out as $ZodTypes]
    if (input._zod.def.type === 'transform')
      return `z.preprocess() is code; write the inner schema, norm() for trimming, or ${inTheApp}`
    if (output._zod.def.type === 'transform') return `.transform() is code; write the schema without it and ${inTheApp}`
    if (def.transform !== undefined)
      return `z.codec() and z.stringbool() are code; write the schema of the input and ${inTheApp}`
    return '.pipe() runs two schemas; write one, with all checks in a chain'
  }
  return problems[def.type] ?? `the zod type "${def.type}" is unknown; write it with the types of JSON`
}
