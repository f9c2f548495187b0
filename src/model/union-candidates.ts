// The candidates of a plain union: the nodes that may accept a value of each type. Nested unions, nullables and
// references are flattened, so that a candidate never starts a chain of them.

import { definition, type Schema, type SchemaNode, type UnionNode, type ValueType } from './profile.ts'

export type Candidates = Readonly<Record<ValueType, readonly SchemaNode[]>>

/**
 * The leaves of the union's branches, by the type of the values that they may accept, in order. A leaf that is reached
 * twice is listed once, at its first place: nested unions of shared branches would multiply.
 */
export function flattenUnion(union: UnionNode, schema: Schema): Candidates {
  const candidates = listsByType<SchemaNode>()
  const stack: SchemaNode[] = [union]
  const seen = new Set<SchemaNode>()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'ref') stack.push(definition(schema, node.target))
    else if (node.kind === 'union') stack.push(...node.branches.toReversed())
    else if (node.kind === 'nullable') {
      stack.push(node.inner, nothing)
    } else for (const type of typesOf(node)) candidates[type].push(node)
  }
  return candidates
}

/** Stands for the null of a nullable. */
const nothing: SchemaNode = { kind: 'scalar', types: ['null'] }

/** What can be coerced. */
const scalarTypes: readonly ValueType[] = ['null', 'boolean', 'number', 'string']
export const valueTypes: readonly ValueType[] = [...scalarTypes, 'array', 'object']

/** The types of the values that a node other than a union, a nullable or a reference may accept. */
export function typesOf(node: SchemaNode): readonly ValueType[] {
  if (node.kind === 'scalar' && node.coerce) return scalarTypes
  if (node.kind === 'scalar' || node.kind === 'values') {
    return [...new Set(node.types.map((type) => (type === 'integer' ? 'number' : type)))]
  }
  if (node.kind === 'array') return ['array']
  return node.kind === 'any' ? valueTypes : ['object']
}

const listsByType = <T>(): Record<ValueType, T[]> => ({
  null: [],
  boolean: [],
  number: [],
  string: [],
  array: [],
  object: [],
})
