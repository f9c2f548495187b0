// A zod schema as data: an expression of calls, with notes for the reader. write-zod.ts writes it as source, buildZod()
// makes the calls, so that a draft becomes a contract without running its file.

import * as z from 'zod'
import { setMember } from '../json/index.ts'

export type Literal = string | number | boolean

export interface Expression {
  /** `z.object`, `z.iso.datetime`; the name of a constant where `constant` is set. */
  readonly callee: string
  readonly constant?: true
  readonly args: readonly Argument[]
  /** Methods after it, without arguments: `nullable`, `optional`. */
  readonly chain: readonly string[]
  /** For the reader: observations and guesses. */
  readonly notes: readonly string[]
}

/** A map holds the members of an object schema, a record holds options. */
export type Argument =
  | Expression
  | Literal
  | (Expression | Literal)[]
  | Map<string, Expression>
  | Record<string, boolean>
  | RegExp

/** A schema with the constants that it uses. */
export interface Draft {
  /** In the order of their declarations. */
  readonly constants: ReadonlyMap<string, Expression>
  readonly schema: Expression
}

export const isExpression = (argument: Argument): argument is Expression =>
  typeof argument === 'object' && 'callee' in argument

export const call = (callee: string, args: readonly Argument[] = [], notes: readonly string[] = []): Expression => ({
  callee,
  args,
  chain: [],
  notes,
})

export const constant = (name: string): Expression => ({ ...call(name), constant: true })

export const chained = (schema: Expression, method: string): Expression => ({
  ...schema,
  chain: [...schema.chain, method],
})

export const noted = (schema: Expression, ...notes: readonly string[]): Expression => ({
  ...schema,
  notes: [...notes, ...schema.notes],
})

/** The names of the constants in an expression; with `direct` without those in the members of an object schema. */
export function constantsIn(argument: Argument, direct = false): string[] {
  if (typeof argument !== 'object' || argument instanceof RegExp) return []
  if (argument instanceof Map) return direct ? [] : [...argument.values()].flatMap((member) => constantsIn(member))
  if (Array.isArray(argument)) return argument.flatMap((item) => constantsIn(item, direct))
  if (!isExpression(argument)) return []
  if (argument.constant === true) return [argument.callee]
  return argument.args.flatMap((inner) => constantsIn(inner, direct))
}

/**
 * True if a member of an object schema must be a getter, because it uses a constant that is declared below. zod runs
 * getters later.
 */
export const isGetter = (member: Expression, declared: { has(name: string): boolean }): boolean =>
  constantsIn(member, true).some((name) => !declared.has(name))

export function buildZod({ constants, schema }: Draft): z.ZodType {
  const built = new Map<string, z.ZodType>()
  for (const [name, expression] of constants) built.set(name, build(expression, built))
  return build(schema, built)
}

type Built = ReadonlyMap<string, z.ZodType>

export function build({ callee, constant, args, chain }: Expression, built: Built): z.ZodType {
  let schema =
    constant === true
      ? (built.get(callee) as z.ZodType)
      : functionOf(callee)(...args.map((argument) => buildArgument(argument, built)))
  for (const method of chain) schema = method === 'optional' ? schema.optional() : schema.nullable()
  return schema
}

/** A function of zod: `z.iso.date`. */
function functionOf(callee: string): (...args: unknown[]) => z.ZodType {
  if (callee === 'z.string().regex') return (pattern) => z.string().regex(pattern as RegExp)
  const names = callee.split('.').slice(1)
  return names.reduce<unknown>((scope, name) => Reflect.get(scope as object, name), z) as () => z.ZodType
}

function buildArgument(argument: Argument, built: Built): unknown {
  if (isExpression(argument)) return build(argument, built)
  if (Array.isArray(argument)) return argument.map((item) => buildArgument(item, built))
  if (!(argument instanceof Map)) return argument
  const members: Record<string, z.ZodType> = {}
  for (const [key, member] of argument) {
    if (isGetter(member, built)) {
      Object.defineProperty(members, key, { get: () => build(member, built), enumerable: true, configurable: true })
    } else setMember(members, key, build(member, built))
  }
  return members
}
