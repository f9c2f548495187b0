// The candidates of a plain union: the nodes that may accept a value of each type. Nested unions, nullables and
// references are flattened, so that a candidate never starts a chain of them; the lock's fan-out bounds their number.

import { definition, type Profile, type SchemaNode, type TypeName, type UnionNode } from '../../model/index.ts'
import type { ValueType } from './scalars.ts'

export type Candidates = Readonly<Record<ValueType, readonly SchemaNode[]>>

/** The leaves of the union's branches, by the type of the values that they may accept, in order. */
export function flattenUnion(union: UnionNode, profile: Profile): Candidates {
  const candidates = listsByType<SchemaNode>()
  const stack: SchemaNode[] = [union]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'ref') stack.push(definition(profile, node.target))
    else if (node.kind === 'union') stack.push(...node.branches.toReversed())
    else if (node.kind === 'nullable') {
      candidates.null.push(any)
      stack.push(node.inner)
    } else for (const type of typesOf(node)) candidates[type === 'integer' ? 'number' : type].push(node)
  }
  return candidates
}

/** Accepts the null of a nullable. */
const any: SchemaNode = { kind: 'any' }

const scalarTypes: readonly TypeName[] = ['null', 'boolean', 'number', 'string']
const everyType: readonly TypeName[] = [...scalarTypes, 'array', 'object']

function typesOf(node: SchemaNode): readonly TypeName[] {
  if (node.kind === 'scalar' && node.coerce) return scalarTypes
  if (node.kind === 'scalar' || node.kind === 'values') return node.types
  if (node.kind === 'array') return ['array']
  return node.kind === 'any' ? everyType : ['object']
}

export const listsByType = <T>(): Record<ValueType, T[]> => ({
  null: [],
  boolean: [],
  number: [],
  string: [],
  array: [],
  object: [],
})
