// Unions of schemas, and the JSON types that a schema accepts.

import { bareTypes, isNull, orNull, type SchemaDocument } from '../schema-document.ts'

/** anyOf in its simplest form: a list of bare types, a nullable, or branches without nested unions. */
export function unionOf(given: readonly SchemaDocument[]): SchemaDocument {
  const nodes = given.flatMap((node) =>
    Object.keys(node).length === 1 && node.anyOf !== undefined ? node.anyOf : [node],
  )
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const bare = nodes.map(bareTypes)
  if (bare.every((types) => types !== undefined)) {
    const types = [...new Set(bare.flat())]
    return { type: types.length === 1 ? (types[0] as string) : types }
  }
  const others = nodes.filter((node) => !isNull(node))
  if (others.length === 1) return orNull(others[0] as SchemaDocument)
  const types = [...new Set(bare.flatMap((one) => one ?? []))]
  const rest = nodes.filter((_, i) => bare[i] === undefined)
  return { anyOf: types.length === 0 ? rest : [...rest, { type: types.length === 1 ? (types[0] as string) : types }] }
}

/** The JSON types that a node accepts; empty when that is not plain. */
export function kindsOf(node: SchemaDocument): string[] {
  if (node.type !== undefined) return [node.type].flat().map((type) => (type === 'integer' ? 'number' : type))
  const values = node.enum ?? (node.const === undefined ? [] : [node.const])
  return [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))]
}

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
  const values = branch.enum ?? (branch.const === undefined ? undefined : [branch.const])
  if (values !== undefined) return { enum: values.filter((value) => (value === null ? 'null' : typeof value) === kind) }
  return Array.isArray(branch.type)
    ? { ...branch, type: branch.type.find((type) => type === kind) ?? 'integer' }
    : branch
}
