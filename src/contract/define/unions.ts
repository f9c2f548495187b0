// Unions: anyOf, lists of scalar types, `[X, null]`, and discriminated unions (oneOf).

import type { $ZodType, $ZodUnionDef } from 'zod/v4/core'
import { bareTypes, isNull, orNull, type SchemaDocument } from './document.ts'
import { pathTo } from './paths.ts'
import type { Walk } from './walk.ts'

export function lowerUnion(walk: Walk, def: $ZodUnionDef, path: string): SchemaDocument {
  const options = def.options
  const { discriminator } = def as { discriminator?: string }
  if (discriminator !== undefined) return lowerDiscriminated(walk, options, discriminator, path)
  if (def.inclusive === false) {
    return walk.refuse(
      path,
      'z.xor() refuses what two options accept, which costs all of them; write z.union() or z.discriminatedUnion()',
    )
  }
  const nodes = options.map((option, i) => walk.lower(option, pathTo.option(path, i))).flatMap(branches)
  const plain = nodes.length > 2 || (nodes.length === 2 && !nodes.some(isNull))
  if (plain && nodes.some((node) => node['x-norm'] !== undefined)) {
    return walk.refuse(
      path,
      'norm() in an option of z.union(): which option holds is not known before; write z.discriminatedUnion(), or one string',
    )
  }
  if (nodes.length === 0) return walk.refuse(path, 'a union without options accepts nothing; drop it')
  return unionOf(nodes)
}

/** A union in a union is one union: the verdict is the same, and there is one list to choose from. */
const branches = (node: SchemaDocument): readonly SchemaDocument[] => node.anyOf ?? [node]

function unionOf(nodes: readonly SchemaDocument[]): SchemaDocument {
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const bare = nodes.map(bareTypes)
  if (bare.every((types) => types !== undefined)) {
    const types = [...new Set(bare.flat())]
    return { type: types.length === 1 ? (types[0] as string) : types }
  }
  if (nodes.length === 2) {
    const other = isNull(nodes[0] as SchemaDocument)
      ? nodes[1]
      : isNull(nodes[1] as SchemaDocument)
        ? nodes[0]
        : undefined
    if (other !== undefined) return orNull(other)
  }
  return { anyOf: [...nodes] }
}

function lowerDiscriminated(walk: Walk, options: readonly $ZodType[], key: string, path: string): SchemaDocument {
  const oneOf = options.flatMap((option, i) => {
    const optionPath = pathTo.option(path, i)
    const node = walk.lower(option, optionPath)
    // A discriminated union in another one, on the same key: the branches of both.
    if (node.oneOf !== undefined && node['x-discriminator'] === key) return node.oneOf
    if (node.oneOf !== undefined || node.anyOf !== undefined) {
      walk.refuse(optionPath, `an option of a union over "${key}" must be an object; write the outer one as z.union()`)
    }
    const tag = node.properties?.[key]
    if (tag !== undefined && tag.const === undefined && tag.enum === undefined && Object.keys(tag).length > 0) {
      walk.refuse(pathTo.property(optionPath, key), 'the discriminator must be a z.literal() or z.enum()')
    } else if (tag !== undefined && node.required?.includes(key) !== true) {
      walk.refuse(
        pathTo.property(optionPath, key),
        'the discriminator may not be optional; write the union as z.union()',
      )
    } else if (tag?.['x-norm'] !== undefined) {
      walk.refuse(
        pathTo.property(optionPath, key),
        'norm() on a discriminator: it is read before anything is normalized; drop the norm()',
      )
    }
    return [node]
  })
  return { oneOf, 'x-discriminator': key }
}
