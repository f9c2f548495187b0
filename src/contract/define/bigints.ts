// z.bigint(), z.int64() and z.uint64(), with their checks: integers of JSON that outcome.value() gives as bigint.

import type { $ZodType } from 'zod/v4/core'
import type { SchemaDocument } from '../schema-document.ts'
import { readChecks } from './checks.ts'
import type { CheckDef, LoweringContext } from './context.ts'

const ranges: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

interface BigintChecks {
  /** Inclusive; undefined: no bound. */
  min?: bigint
  max?: bigint
  /** Their least common multiple. */
  step?: bigint
}

export function lowerBigint(context: LoweringContext, schema: $ZodType, path: string): SchemaDocument {
  if (!context.options.int64) {
    return context.reject(
      path,
      "a bigint needs integers of 64 bits: write defineContract({ …, numbers: 'int64' }), or z.int() for 53 bits",
    )
  }
  const found: BigintChecks = {}
  const def = schema._zod.def as unknown as CheckDef
  if (def.check === 'bigint_format') readCheck(context, def, path, found)
  readChecks(context, schema._zod.def.checks, path, (check) => readCheck(context, check, path, found))
  return {
    type: 'integer',
    'x-value': 'bigint',
    ...(found.min !== undefined && { minimum: numeric(found.min) }),
    ...(found.max !== undefined && { maximum: numeric(found.max) }),
    ...(found.step !== undefined && { multipleOf: numeric(found.step) }),
  }
}

/** A number where a double holds the integer. */
const numeric = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

function readCheck(context: LoweringContext, def: CheckDef, path: string, found: BigintChecks): boolean {
  const { value } = def
  switch (def.check) {
    case 'bigint_format': {
      const range = ranges[def.format ?? '']
      if (range === undefined)
        context.reject(path, `the bigint format "${def.format}" is unknown; write z.int64() or bounds`)
      else narrow(found, ...range)
      return true
    }
    case 'greater_than':
    case 'less_than': {
      if (typeof value !== 'bigint') {
        context.reject(path, `a bound of ${String(value)}; write a bigint`)
        return true
      }
      // An exclusive bound of integers is an inclusive one of the neighbour.
      const step = def.inclusive === true ? 0n : 1n
      if (def.check === 'greater_than') narrow(found, value + step, undefined)
      else narrow(found, undefined, value - step)
      return true
    }
    case 'multiple_of':
      if (typeof value !== 'bigint' || value === 0n) {
        context.reject(path, `.multipleOf(${String(value)}) matches nothing; write a bigint above 0`)
      } else found.step = leastCommonMultiple(found.step ?? 1n, value < 0n ? -value : value)
      return true
    default:
      return false
  }
}

function narrow(found: BigintChecks, min: bigint | undefined, max: bigint | undefined): void {
  if (min !== undefined && (found.min === undefined || min > found.min)) found.min = min
  if (max !== undefined && (found.max === undefined || max < found.max)) found.max = max
}

const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / greatestCommonDivisor(a, b)) * b

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b))
