// The candidates of a plain union: which nodes may take a value of each type. Nested unions, nullables and references are
// opened, so that trying a candidate never runs into a chain of them; the bounded fan-out bounds their number.

import type { Profile, SchemaNode, TypeName, UnionNode } from '../../model/index.ts'
import type { ValueType } from './value-type.ts'

export type Candidates = Readonly<Record<ValueType, readonly SchemaNode[]>>

/** The nodes at the ends of the union's branches, by the type of the values that they may take, in order. */
export function openUnion(union: UnionNode, profile: Profile): Candidates {
  const candidates: Record<ValueType, SchemaNode[]> = {
    null: [],
    boolean: [],
    number: [],
    string: [],
    array: [],
    object: [],
  }
  const open: SchemaNode[] = [union]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.form === 'ref') open.push(node.target < 0 ? profile.root : (profile.defs[node.target] as SchemaNode))
    else if (node.form === 'union') open.push(...node.branches.toReversed())
    else if (node.form === 'nullable') {
      candidates.null.push(anything)
      open.push(node.inner)
    } else for (const type of typesOf(node)) candidates[type === 'integer' ? 'number' : type].push(node)
  }
  return candidates
}

/** Takes the null of a nullable. */
const anything: SchemaNode = { form: 'any' }

const everyType: readonly TypeName[] = ['null', 'boolean', 'number', 'string', 'array', 'object']

function typesOf(node: SchemaNode): readonly TypeName[] {
  if (node.form === 'scalar' || node.form === 'values') return node.types
  if (node.form === 'array') return ['array']
  return node.form === 'any' ? everyType : ['object']
}
