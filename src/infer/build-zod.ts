// Builds the zod schema of an expression: the same calls as in the written source. So a draft becomes a contract without
// running its file.

import * as z from 'zod'
import { httpUrl } from '../contract/define/index.ts'
import type { Argument, Expression } from './schema-ast.ts'

export function buildZod({ callee, args, chain }: Expression): z.ZodType {
  let schema = functionOf(callee)(...args.map(buildArgument))
  for (const method of chain) schema = method === 'optional' ? schema.optional() : schema.nullable()
  return schema
}

/** `httpUrl`, or a function of zod: `z.iso.date`. */
function functionOf(callee: string): (...args: unknown[]) => z.ZodType {
  if (callee === 'httpUrl') return httpUrl
  if (callee === 'z.string().regex') return (pattern) => z.string().regex(pattern as RegExp)
  const names = callee.split('.').slice(1)
  return names.reduce<unknown>((scope, name) => Reflect.get(scope as object, name), z) as () => z.ZodType
}

function buildArgument(argument: Argument): unknown {
  switch (argument.kind) {
    case 'schema':
      return buildZod(argument.schema)
    case 'schemas':
      return argument.schemas.map(buildZod)
    case 'members':
      return Object.fromEntries(argument.members.map(([key, schema]) => [key, buildZod(schema)]))
    case 'literal':
      return argument.value
    case 'literals':
      return argument.values
    case 'options':
      return argument.options
    case 'pattern':
      return new RegExp(argument.source)
  }
}
