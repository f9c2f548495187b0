// Numbers: z.number(), z.int() and the other number formats, with their checks. Coercion is refused in walk.ts.

import type { $ZodType } from 'zod/v4/core'
import { readChecks, type CheckDef } from './checks.ts'
import type { SchemaDocument } from './document.ts'
import type { Walk } from './walk.ts'

const float32Max = 3.4028234663852886e38

/** zod's ranges; the integer formats also say "integer". */
const formats: Readonly<Record<string, readonly [min: number, max: number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float32: [-float32Max, float32Max],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
}

interface Facts {
  integer: boolean
  gte: number
  gt: number
  lte: number
  lt: number
  steps: number[]
}

export function lowerNumber(walk: Walk, schema: $ZodType, path: string): SchemaDocument {
  const facts: Facts = { integer: false, gte: -Infinity, gt: -Infinity, lte: Infinity, lt: Infinity, steps: [] }
  const def = schema._zod.def as unknown as CheckDef
  if (def.check === 'number_format') takeFormat(walk, def, path, facts)
  readChecks(walk, schema._zod.def.checks, path, (check) => take(walk, check, path, facts))
  const node: SchemaDocument = { type: facts.integer ? 'integer' : 'number' }
  // Of an inclusive and an exclusive bound only the tighter one stands, so that one value out of range is one issue.
  if (facts.gt >= facts.gte && facts.gt !== -Infinity) node.exclusiveMinimum = facts.gt
  else if (facts.gte !== -Infinity) node.minimum = facts.gte
  if (facts.lt <= facts.lte && facts.lt !== Infinity) node.exclusiveMaximum = facts.lt
  else if (facts.lte !== Infinity) node.maximum = facts.lte
  for (const bound of [node.minimum, node.exclusiveMinimum, node.maximum, node.exclusiveMaximum]) {
    if (bound !== undefined && !Number.isFinite(bound)) return walk.refuse(path, `no number passes a bound of ${bound}`)
  }
  const step = oneStep(facts.steps)
  if (step !== undefined) node.multipleOf = step
  else if (facts.steps.length > 0)
    walk.refuse(path, `.multipleOf(${facts.steps.join(') and .multipleOf(')}): a contract takes one`)
  return node
}

function take(walk: Walk, def: CheckDef, path: string, facts: Facts): boolean {
  switch (def.check) {
    case 'number_format':
      return takeFormat(walk, def, path, facts)
    case 'greater_than':
      return takeBound(walk, def, path, (value) => {
        if (def.inclusive === true) facts.gte = Math.max(facts.gte, value)
        else facts.gt = Math.max(facts.gt, value)
      })
    case 'less_than':
      return takeBound(walk, def, path, (value) => {
        if (def.inclusive === true) facts.lte = Math.min(facts.lte, value)
        else facts.lt = Math.min(facts.lt, value)
      })
    case 'multiple_of':
      if (typeof def.value !== 'number' || !Number.isFinite(def.value) || def.value === 0) {
        walk.refuse(path, `.multipleOf(${String(def.value)}) matches nothing; write a number above 0`)
      } else if (!facts.steps.includes(Math.abs(def.value))) {
        facts.steps.push(Math.abs(def.value))
      }
      return true
    default:
      return false
  }
}

function takeFormat(walk: Walk, def: CheckDef, path: string, facts: Facts): boolean {
  const range = formats[def.format ?? '']
  if (range === undefined) {
    walk.refuse(path, `the number format "${def.format}" is not known here; write z.int() or bounds`)
    return true
  }
  facts.integer ||= def.format !== 'float32' && def.format !== 'float64'
  facts.gte = Math.max(facts.gte, range[0])
  facts.lte = Math.min(facts.lte, range[1])
  return true
}

function takeBound(walk: Walk, { value }: CheckDef, path: string, set: (value: number) => void): boolean {
  if (typeof value !== 'number' || Number.isNaN(value)) walk.refuse(path, `a bound of ${String(value)}; write a number`)
  // -0 + 0 is 0: the lock's canonical form knows one zero.
  else set(value + 0)
  return true
}

/** One step that says the same as all: exact only for safe integers (their least common multiple). */
function oneStep(steps: readonly number[]): number | undefined {
  if (steps.length < 2) return steps[0]
  if (!steps.every(Number.isSafeInteger)) return undefined
  const common = steps.reduce((a, b) => (a / divisor(a, b)) * b)
  return Number.isSafeInteger(common) ? common : undefined
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
