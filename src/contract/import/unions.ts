// Unions of schemas, and the JSON types that a schema accepts.

import {
  bareTypes,
  jsonTypeOf,
  jsonTypesOf,
  ofTypes,
  unionOf,
  valuesOf,
  type SchemaDocument,
} from '../schema-document.ts'

/** A union nested in a union is flattened. */
export const anyOf = (nodes: readonly SchemaDocument[]): SchemaDocument =>
  unionOf(nodes.flatMap((node) => (Object.keys(node).length === 1 && node.anyOf !== undefined ? node.anyOf : [node])))

/** The union of branches of one JSON type each, all distinct: their order means nothing, so bare types become a list. */
export function unionOfTypes(nodes: readonly SchemaDocument[]): SchemaDocument {
  const isBare = (node: SchemaDocument): boolean => bareTypes(node) !== undefined
  const types = nodes.flatMap((node) => bareTypes(node) ?? [])
  const others = nodes.filter((node) => !isBare(node))
  return unionOf(types.length < 2 || others.length === 0 ? nodes : [...others, ofTypes(types)])
}

/** Whether a constant is of a type of JSON Schema. A bigint is an integer of 64 bits. */
export function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value) || typeof value === 'bigint'
  return typeof value === type || (type === 'number' && typeof value === 'bigint')
}

/** The JSON types that a node accepts; empty when that is not plain. */
export const kindsOf = (node: SchemaDocument): readonly string[] => jsonTypesOf(node) ?? []

/** The branches of a node by the JSON type that each accepts; undefined when a type has two, or none is plain. */
export function branchesByKind(node: SchemaDocument): ReadonlyMap<string, SchemaDocument> | undefined {
  const branches = new Map<string, SchemaDocument>()
  for (const branch of node.anyOf ?? [node]) {
    const kinds = kindsOf(branch)
    if (kinds.length === 0 || kinds.some((kind) => branches.has(kind))) return undefined
    for (const kind of kinds) branches.set(kind, ofKind(branch, kind))
  }
  return branches
}

function ofKind(branch: SchemaDocument, kind: string): SchemaDocument {
  const values = valuesOf(branch)
  if (values !== undefined) return { enum: values.filter((value) => jsonTypeOf(value) === kind) }
  return Array.isArray(branch.type)
    ? { ...branch, type: branch.type.find((type) => type === kind) ?? 'integer' }
    : branch
}
