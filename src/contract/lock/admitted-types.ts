// The JSON types of values and schemas as bits: which branches of a union are worth a look. `integer` is no type here.

import type { SchemaNode, TypeName } from '../../model/index.ts'
import { findCircles } from './cycles.ts'
import { branchesOf, definition, type Schema } from './tree.ts'

/** The bit of each type; `integer` has that of `number`. */
export const typeBits: Readonly<Record<TypeName, number>> = {
  null: 1,
  boolean: 2,
  integer: 4,
  number: 4,
  string: 8,
  array: 16,
  object: 32,
}

const everyType = 63

/**
 * The types of the values that a node may admit. A value of another type is rejected by the node without a look inside.
 * The schema must be free of circles that consume no input.
 */
export function admittedTypes(schema: Schema): (node: SchemaNode) => number {
  const ofDefinition = new Map<number, number>()
  const admitted = (node: SchemaNode): number => {
    switch (node.form) {
      case 'any':
        return everyType
      case 'scalar':
      case 'values':
        return node.types.reduce((types, name) => types | typeBits[name], 0)
      case 'array':
        return typeBits.array
      case 'object':
      case 'discriminated':
        return typeBits.object
      case 'nullable':
        return typeBits.null | admitted(node.inner)
      case 'union':
        return branchesOf(node).reduce((types, branch) => types | admitted(branch), 0)
      case 'ref':
        return ofDefinition.get(node.target) as number
    }
  }
  // In an order in which a reference always finds its target done: a chain of them needs no recursion.
  for (const [number] of findCircles(schema, 'still').groups as readonly [number][]) {
    ofDefinition.set(number, admitted(definition(schema, number)))
  }
  return admitted
}
