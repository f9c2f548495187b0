// Unions of schemas, and the JSON types that a schema accepts.

import {
  bareTypes,
  jsonTypeOf,
  jsonTypesOf,
  ofTypes,
  unionOf,
  valuesOf,
  withoutAnnotations,
  type SchemaDocument,
} from '../schema-document.ts'
import type { Primitive } from '../../model/index.ts'
import { keywordsOfKind } from '../../tables/lock-keywords.ts'

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
  if (value === null) return type === 'null'
  if (type === 'integer') return Number.isInteger(value) || typeof value === 'bigint'
  return typeof value === type || (type === 'number' && typeof value === 'bigint')
}

/** The JSON types that a node accepts; empty when that is not plain. */
const kindsOf = (node: SchemaDocument): readonly string[] => jsonTypesOf(node) ?? []

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
  if (values !== undefined) {
    const norm = kind === 'string' && branch['x-norm']
    return { enum: values.filter((value) => jsonTypeOf(value) === kind), ...(norm && { 'x-norm': norm }) }
  }
  if (!Array.isArray(branch.type)) return branch
  // A keyword of another type has no effect.
  const keywords: readonly string[] =
    kind === 'string' || kind === 'number' ? keywordsOfKind[kind] : keywordsOfKind.bare
  const own = Object.entries(withoutAnnotations(branch)).filter(([key]) => keywords.includes(key))
  return { ...Object.fromEntries(own), type: branch.type.find((type) => type === kind) ?? 'integer' }
}

/** Whether no value is of two options, each a list of branches: distinct types, or distinct constants. */
export function areDisjoint(options: readonly (readonly SchemaDocument[])[]): boolean {
  /** The number of the option that accepts all of a type, and of the one that accepts a constant of it. */
  const [types, constants] = [new Map<string, number>(), new Map<string, number>()]
  const branches = options.flatMap((option, number) => option.map((branch) => ({ branch, number })))
  const claim = (claims: Map<string, number>, key: string, number: number): boolean => {
    const first = claims.get(key) ?? number
    claims.set(key, first)
    return first === number
  }
  // Text is normalized before it is compared, so that a constant with a norm may meet others.
  const constantsOf = (branch: SchemaDocument): readonly Primitive[] | undefined =>
    branch['x-norm'] === undefined ? valuesOf(branch) : undefined
  return (
    branches.every(({ branch, number }) => {
      const kinds = kindsOf(branch)
      return kinds.length > 0 && (constantsOf(branch) ? true : kinds.every((kind) => claim(types, kind, number)))
    }) &&
    branches.every(({ branch, number }) =>
      (constantsOf(branch) ?? []).every((value) => {
        const kind = jsonTypeOf(value)
        return (types.get(kind) ?? number) === number && claim(constants, `${kind} ${value}`, number)
      }),
    )
  )
}
