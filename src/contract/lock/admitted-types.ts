// The JSON types that a schema node admits, as bits: they tell which branches of a union may match a value. `integer`
// counts as `number`.

import { definition, type Schema, type SchemaNode, type TypeName } from '../../model/index.ts'
import { findCycles } from './cycles.ts'
import { branchesOf } from './tree.ts'

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
/** What can be coerced. */
const scalarTypes = typeBits.null | typeBits.boolean | typeBits.number | typeBits.string

/**
 * The types of the values that a node may admit; it rejects a value of any other type by its type alone. The schema
 * must be free of cycles that consume no input.
 */
export function admittedTypes(schema: Schema): (node: SchemaNode) => number {
  const ofDefinition = new Map<number, number>()
  const admitted = (node: SchemaNode): number => {
    switch (node.kind) {
      case 'any':
        return everyType
      case 'scalar':
        if (node.coerce) return scalarTypes
        return node.types.reduce((types, name) => types | typeBits[name], 0)
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
  // In topological order: the target of a reference is always known, so a chain of references needs no recursion.
  for (const [number] of findCycles(schema, 'non-consuming').groups as readonly [number][]) {
    ofDefinition.set(number, admitted(definition(schema, number)))
  }
  return admitted
}
