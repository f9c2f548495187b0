// Unions: anyOf, lists of scalar types, `[X, null]`, and discriminated unions (oneOf).

import type { $ZodType, $ZodUnionDef } from 'zod/v4/core'
import { bareTypes, isCoerced, isNull, orNull, type SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { rejectAmbiguous } from './ambiguous-options.ts'
import type { LoweringContext } from './context.ts'

export function lowerUnion(context: LoweringContext, def: $ZodUnionDef, path: string): SchemaDocument {
  const options = def.options
  const { discriminator } = def as { discriminator?: string }
  if (discriminator !== undefined) return lowerDiscriminated(context, options, discriminator, path)
  if (def.inclusive === false) {
    return context.reject(
      path,
      'z.xor() rejects what two options accept, so that every option must run; write z.union() or z.discriminatedUnion()',
    )
  }
  const lowered = options.map((option, i) => context.lower(option, pathTo.option(path, i)))
  const nodes = lowered.flatMap(branches)
  rejectAmbiguous(context, options, lowered, path)
  if (nodes.length === 0) return context.reject(path, 'a union without options accepts no value; drop it')
  return unionOf(nodes)
}

/** A union nested in a union is flattened: the verdict is the same. */
const branches = (node: SchemaDocument): readonly SchemaDocument[] => node.anyOf ?? [node]

function unionOf(nodes: readonly SchemaDocument[]): SchemaDocument {
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const bare = nodes.map(bareTypes)
  if (bare.every((types) => types !== undefined)) {
    const types = [...new Set(bare.flat())]
    return { type: types.length === 1 ? (types[0] as string) : types }
  }
  const others = nodes.filter((node) => !isNull(node))
  // A coerced scalar ahead of null takes null itself.
  if (nodes.length === 2 && others.length === 1 && !nodes.some(isCoerced)) return orNull(others[0] as SchemaDocument)
  return { anyOf: [...nodes] }
}

function lowerDiscriminated(
  context: LoweringContext,
  options: readonly $ZodType[],
  key: string,
  path: string,
): SchemaDocument {
  const oneOf = options.flatMap((option, i) => {
    const optionPath = pathTo.option(path, i)
    const node = context.lower(option, optionPath)
    // A nested discriminated union over the same key is flattened.
    if (node.oneOf !== undefined && node['x-discriminator'] === key) return node.oneOf
    if (node.oneOf !== undefined || node.anyOf !== undefined) {
      context.reject(
        optionPath,
        `an option of a union over "${key}" must be an object; write the outer one as z.union()`,
      )
    }
    const discriminator = node.properties?.[key]
    const keyPath = pathTo.property(optionPath, key)
    if (discriminator === undefined) return [node]
    if (
      discriminator.const === undefined &&
      discriminator.enum === undefined &&
      Object.keys(discriminator).length > 0
    ) {
      context.reject(keyPath, 'the discriminator must be a z.literal() or z.enum()')
    } else if (node.required?.includes(key) !== true) {
      context.reject(keyPath, 'the discriminator may not be optional; write the union as z.union()')
    } else if (discriminator['x-norm'] !== undefined) {
      context.reject(keyPath, 'norm() on a discriminator: it is read before anything is normalized; drop the norm()')
    }
    return [node]
  })
  return { oneOf, 'x-discriminator': key }
}
