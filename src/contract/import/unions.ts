// Unions of schemas, and the JSON types that a schema accepts.

import {
  bareTypes,
  bareUnion,
  isNull,
  jsonTypeOf,
  jsonTypesOf,
  ofTypes,
  orNull,
  valuesOf,
  type SchemaDocument,
} from '../schema-document.ts'

/** anyOf in its simplest form: a list of bare types, a nullable, or branches without nested unions. */
export function unionOf(given: readonly SchemaDocument[]): SchemaDocument {
  const nodes = given.flatMap((node) =>
    Object.keys(node).length === 1 && node.anyOf !== undefined ? node.anyOf : [node],
  )
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const union = bareUnion(nodes)
  if (union !== undefined) return union
  const others = nodes.filter((node) => !isNull(node))
  if (others.length === 1) return orNull(others[0] as SchemaDocument)
  const rest = nodes.filter((node) => bareTypes(node) === undefined)
  const types = nodes.flatMap((node) => bareTypes(node) ?? [])
  return { anyOf: types.length === 0 ? rest : [...rest, ofTypes(types)] }
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
