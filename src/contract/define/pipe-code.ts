// Which code stands in a pipe.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'

export type PipeCode = 'preprocess' | 'transform' | 'codec'

/** The code of `.transform()`, z.preprocess() and z.codec(); undefined for a pipe of two schemas, and for other types. */
export function codeOf(schema: $ZodType): PipeCode | undefined {
  const { def } = (schema as $ZodTypes)._zod
  if (def.type !== 'pipe') return undefined
  if (isTransform(def.in)) return 'preprocess'
  if (isTransform(def.out)) return 'transform'
  return def.transform === undefined ? undefined : 'codec'
}

const isTransform = (schema: $ZodType): boolean => schema._zod.def.type === 'transform'
