// A zod schema as data: an expression of calls, with notes for the reader. write-zod.ts writes it as source, buildZod()
// makes the calls, so that a draft becomes a contract without running its file.

import * as z from 'zod'

export type Literal = string | number | boolean

export interface Expression {
  /** `z.strictObject`, `z.iso.datetime`. */
  readonly callee: string
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

export const isExpression = (argument: Argument): argument is Expression =>
  typeof argument === 'object' && 'callee' in argument

export const call = (callee: string, args: readonly Argument[] = [], notes: readonly string[] = []): Expression => ({
  callee,
  args,
  chain: [],
  notes,
})

export const chained = (schema: Expression, method: string): Expression => ({
  ...schema,
  chain: [...schema.chain, method],
})

export const noted = (schema: Expression, ...notes: readonly string[]): Expression => ({
  ...schema,
  notes: [...notes, ...schema.notes],
})

export function buildZod({ callee, args, chain }: Expression): z.ZodType {
  let schema = functionOf(callee)(...args.map(buildArgument))
  for (const method of chain) schema = method === 'optional' ? schema.optional() : schema.nullable()
  return schema
}

/** A function of zod: `z.iso.date`. */
function functionOf(callee: string): (...args: unknown[]) => z.ZodType {
  if (callee === 'z.string().regex') return (pattern) => z.string().regex(pattern as RegExp)
  const names = callee.split('.').slice(1)
  return names.reduce<unknown>((scope, name) => Reflect.get(scope as object, name), z) as () => z.ZodType
}

function buildArgument(argument: Argument): unknown {
  if (isExpression(argument)) return buildZod(argument)
  if (Array.isArray(argument)) return argument.map(buildArgument)
  if (!(argument instanceof Map)) return argument
  return Object.fromEntries([...argument].map(([key, schema]) => [key, buildZod(schema)]))
}
