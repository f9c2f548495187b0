// Literals and enums: fixed values.

import type { NormOp, Primitive } from '../../model/index.ts'
import { jsonTypeOf, type SchemaDocument } from '../schema-document.ts'
import { normKeyword } from './strings.ts'
import type { LoweringContext } from './context.ts'

/** zod compares doubles as a contract does: 0 equals -0. */
export function lowerLiteral(
  context: LoweringContext,
  values: Iterable<unknown>,
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  const taken: Primitive[] = []
  const distinct = new Set(values)
  // Beside other values, undefined accepts no payload and no missing member.
  if (distinct.size > 1) distinct.delete(undefined)
  for (const value of distinct) {
    const problem = literalProblem(value)
    if (problem !== undefined) context.reject(path, problem)
    else taken.push(value === 0 ? 0 : (value as Primitive))
  }
  if (norm.length > 0 && taken.some((value) => typeof value !== 'string')) {
    return context.reject(path, 'norm() takes strings only; these values are mixed')
  }
  const types = [...new Set(taken.map(jsonTypeOf))]
  const type = types.length === 1 ? { type: types[0] as string } : {}
  if (taken.length === 0) return context.reject(path, 'no value is left to accept')
  return { ...type, ...(taken.length === 1 ? { const: taken[0] as Primitive } : { enum: taken }), ...normKeyword(norm) }
}

function literalProblem(value: unknown): string | undefined {
  if (value === undefined) return 'JSON has no undefined; write .optional()'
  if (typeof value === 'bigint')
    return `JSON has no bigint; write z.bigint().min(${value}n).max(${value}n) with numbers: 'int64', or a number`
  if (typeof value === 'number' && !Number.isFinite(value)) return `JSON has no ${value}`
  if (typeof value === 'string' && !value.isWellFormed())
    return 'a value holds a lone surrogate, which no payload may hold'
  return undefined
}
