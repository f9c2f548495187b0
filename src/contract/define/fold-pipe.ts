// Which pipes are one node of a contract.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'
import { checksOf } from './checks.ts'
import { isCoerced } from './coerce.ts'
import { normsOf } from './norm.ts'
import { codeOf } from './pipe-code.ts'

/**
 * The schemas of a chain of pipes whose checks, one after the other, are those of one node; undefined for any other schema.
 * All of one scalar type, or strings without checks ahead of an enum; z.any() and z.unknown() ahead or behind say nothing.
 */
export function foldPipe(schema: $ZodType): readonly $ZodType[] | undefined {
  const all = flatten(schema as $ZodTypes)
  if (all === undefined || all.length < 2) return undefined
  const stages = all.filter((stage) => !saysNothing(stage))
  if (stages.length < 2) return stages.length === 1 ? stages : all.slice(0, 1)
  const types = stages.map(({ _zod }) => _zod.def.type)
  const type = types[0] as string
  const ahead = stages.slice(0, -1)
  if (stages.slice(1).some((stage) => normsOf(stage).length > 0) && ahead.some(hasLockChecks)) return undefined
  if (foldable.has(type) && types.every((each) => each === type)) return stages
  const isText = types.slice(0, -1).every((each) => each === 'string')
  const isListed = types.at(-1) === 'enum' || types.at(-1) === 'literal'
  return isText && isListed && !ahead.some((stage) => hasLockChecks(stage) || isCoerced(stage)) ? stages : undefined
}

const foldable = new Set(['string', 'number', 'boolean'])

/** A pipe of one schema into itself, and of that into itself, doubles them. */
const maxStages = 1_000

/** The ends of nested pipes; undefined when one of them is code or has checks of its own. */
function flatten(schema: $ZodTypes): $ZodTypes[] | undefined {
  const { def } = schema._zod
  if (def.type !== 'pipe') return [schema]
  if (codeOf(schema) !== undefined) return undefined
  const before = flatten(unwrapped(def.in, ofMissing) as $ZodTypes)
  if (before === undefined || before.length > maxStages || hasChecks(def.in) || hasChecks(def.out)) return undefined
  const [first] = before
  const isScalar = first !== undefined && foldable.has(first._zod.def.type)
  const behind = flatten((isScalar ? unwrapped(def.out, ofNull) : def.out) as $ZodTypes)
  return behind && [...before, ...behind]
}

/** The checks of a nested pipe would be lost. */
const hasChecks = (schema: $ZodType): boolean =>
  schema._zod.def.type === 'pipe' && (schema._zod.def.checks?.length ?? 0) > 0

/** What passes a value that is present; a missing one is read in absence.ts. */
const ofMissing = new Set(['default', 'nonoptional', 'optional', 'prefault', 'readonly'])
/** Behind a scalar, neither null nor undefined reaches a schema. */
const ofNull = new Set([...ofMissing, 'nullable'])

function unwrapped(schema: $ZodType, wrappers: ReadonlySet<string>): $ZodType {
  const { def } = schema._zod as { def: { type: string; innerType?: $ZodType; checks?: readonly unknown[] } }
  const plain = wrappers.has(def.type) && (def.checks?.length ?? 0) === 0 && normsOf(schema).length === 0
  return plain && def.innerType !== undefined ? unwrapped(def.innerType, wrappers) : schema
}

const saysNothing = (schema: $ZodTypes): boolean =>
  (schema._zod.def.type === 'any' || schema._zod.def.type === 'unknown') && checksOf(schema).length === 0

/** True for a string with checks that a lock holds: all but conversions and refinements. */
const hasLockChecks = (schema: $ZodType): boolean =>
  checksOf(schema).some(({ _zod }) => _zod.def.check !== 'overwrite' && _zod.def.check !== 'custom')
