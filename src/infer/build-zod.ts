// Builds the zod schema of an expression: the same calls as in the written source. So a draft becomes a contract without
// running its file.

import * as z from 'zod'
import { httpUrl } from '../contract/define/index.ts'
import type { Argument, Expression } from './schema-ast.ts'

type Call = (...args: unknown[]) => z.ZodType

/** The functions that a draft may call. */
const calls: Readonly<Record<string, Call>> = Object.fromEntries<Call>(
  Object.entries({
    httpUrl,
    'z.array': z.array,
    'z.boolean': z.boolean,
    'z.discriminatedUnion': z.discriminatedUnion,
    'z.e164': z.e164,
    'z.email': z.email,
    'z.enum': z.enum,
    'z.guid': z.guid,
    'z.int': z.int,
    'z.ipv4': z.ipv4,
    'z.ipv6': z.ipv6,
    'z.iso.date': z.iso.date,
    'z.iso.datetime': z.iso.datetime,
    'z.iso.time': z.iso.time,
    'z.literal': z.literal,
    'z.null': z.null,
    'z.number': z.number,
    'z.record': z.record,
    'z.strictObject': z.strictObject,
    'z.string': z.string,
    'z.string().regex': (pattern: RegExp) => z.string().regex(pattern),
    'z.union': z.union,
    'z.unknown': z.unknown,
    'z.uuid': z.uuid,
  } as unknown as Readonly<Record<string, Call>>),
)

export function buildZod({ callee, args, chain }: Expression): z.ZodType {
  const made = calls[callee]?.(...args.map(buildArgument))
  if (made === undefined) throw new TypeError(`A draft does not call ${callee}`)
  let schema = made
  for (const method of chain) schema = method === 'optional' ? schema.optional() : schema.nullable()
  return schema
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
