// Numbers: z.number(), z.int() and the other number formats, with their checks. `stages`: the parts of a `.pipe()` chain.

import type { $ZodType } from 'zod/v4/core'
import { checksOf, readChecks } from './checks.ts'
import { coerceKeyword } from './coerce.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import type { SchemaDocument } from '../schema-document.ts'

const float32Max = 3.4028234663852886e38

/** zod's ranges. The integer formats also restrict the type. */
const formats: Readonly<Record<string, readonly [min: number, max: number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float32: [-float32Max, float32Max],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
}

interface NumberChecks {
  integer: boolean
  gte: number
  gt: number
  lte: number
  lt: number
  steps: number[]
}

export function lowerNumber(context: LoweringContext, stages: readonly $ZodType[], path: string): SchemaDocument {
  const found: NumberChecks = { integer: false, gte: -Infinity, gt: -Infinity, lte: Infinity, lt: Infinity, steps: [] }
  readChecks(context, stages.flatMap(checksOf), path, (check) => readCheck(context, check, path, found))
  const node: SchemaDocument = { type: found.integer ? 'integer' : 'number', ...coerceKeyword(stages[0] as $ZodType) }
  // Only the tighter one of an inclusive and an exclusive bound is kept, so that one value out of range is one issue.
  if (found.gt >= found.gte && found.gt !== -Infinity) node.exclusiveMinimum = found.gt
  else if (found.gte !== -Infinity) node.minimum = found.gte
  if (found.lt <= found.lte && found.lt !== Infinity) node.exclusiveMaximum = found.lt
  else if (found.lte !== Infinity) node.maximum = found.lte
  for (const bound of [node.minimum, node.exclusiveMinimum, node.maximum, node.exclusiveMaximum]) {
    if (bound !== undefined && !Number.isFinite(bound))
      return context.reject(path, `no number passes a bound of ${bound}`)
  }
  const step = oneStep(found.steps)
  if (step !== undefined) node.multipleOf = step
  else if (found.steps.length > 0)
    context.reject(path, `.multipleOf(${found.steps.join(') and .multipleOf(')}): a contract takes one`)
  return node
}

function readCheck(context: LoweringContext, def: CheckDef, path: string, found: NumberChecks): boolean {
  switch (def.check) {
    case 'number_format':
      return readFormat(context, def, path, found)
    case 'greater_than':
    case 'less_than':
      return readBound(context, def, path, found)
    case 'multiple_of':
      if (typeof def.value !== 'number' || !Number.isFinite(def.value) || def.value === 0) {
        context.reject(path, `.multipleOf(${String(def.value)}) matches nothing; write a number above 0`)
      } else if (!found.steps.includes(Math.abs(def.value))) {
        found.steps.push(Math.abs(def.value))
      }
      return true
    default:
      return false
  }
}

function readFormat(context: LoweringContext, def: CheckDef, path: string, found: NumberChecks): boolean {
  const range = formats[def.format ?? '']
  if (range === undefined) {
    context.reject(path, `the number format "${def.format}" is unknown; write z.int() or bounds`)
    return true
  }
  found.integer ||= def.format !== 'float32' && def.format !== 'float64'
  found.gte = Math.max(found.gte, range[0])
  found.lte = Math.min(found.lte, range[1])
  return true
}

function readBound(context: LoweringContext, def: CheckDef, path: string, found: NumberChecks): true {
  const { check, value, inclusive } = def
  if (typeof value !== 'number' || Number.isNaN(value)) {
    context.reject(path, `a bound of ${String(value)}; write a number`)
  } else if (check === 'greater_than') {
    const side = inclusive === true ? 'gte' : 'gt'
    // -0 + 0 is 0: the lock's canonical form has one zero.
    found[side] = Math.max(found[side], value + 0)
  } else {
    const side = inclusive === true ? 'lte' : 'lt'
    found[side] = Math.min(found[side], value + 0)
  }
  return true
}

/** One step equal to all of them together: their least common multiple, exact for safe integers only. */
function oneStep(steps: readonly number[]): number | undefined {
  if (steps.length < 2) return steps[0]
  if (!steps.every(Number.isSafeInteger)) return undefined
  const common = steps.reduce((a, b) => (a / greatestCommonDivisor(a, b)) * b)
  return Number.isSafeInteger(common) ? common : undefined
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
