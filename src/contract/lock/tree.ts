// The schema as the walk returns it: the nodes of profile.ts, and the location of each in the lock. The checks and the
// numbering of definitions use it; afterwards only the nodes remain.

import type { RefNode, SchemaNode } from '../../model/index.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The root with its definitions, the targets of a RefNode (-1: the root). */
export interface Schema {
  readonly root: SchemaNode
  readonly defs: readonly SchemaNode[]
}

export interface SchemaTree extends Schema {
  /** Every node in the order of the walk: a node before its children. */
  readonly locations: readonly SchemaLocation[]
}

export interface SchemaLocation {
  readonly node: SchemaNode
  /** JSON pointer into the lock document. */
  readonly pointer: string
  /** The definition that contains the node, -1 for the root. */
  readonly owner: number
  /** `x-discriminator` as written. */
  readonly discriminator?: string
}

/** The direct children of `node`, in canonical order of the keywords; references are not followed. */
export function childrenOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.kind) {
    case 'array':
      return node.items === false ? node.prefix : [node.items, ...node.prefix]
    case 'object': {
      const children = node.properties.map((property) => property.node)
      if (node.additional !== false) children.unshift(node.additional)
      if (node.names) children.push(node.names)
      return children
    }
    case 'any':
    case 'scalar':
    case 'values':
    case 'ref':
      return []
    default:
      return branchesOf(node)
  }
}

/** The children that look at the same value as `node`: no input is consumed between them. */
export function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.kind) {
    case 'union':
      return node.branches
    case 'nullable':
      return [node.inner]
    case 'discriminated':
      return node.branches.map((branch) => branch.node)
    default:
      return []
  }
}

/** The references at and below `node`, along `children`. */
export function referencesOf(
  node: SchemaNode,
  children: (node: SchemaNode) => readonly SchemaNode[],
  found: RefNode[] = [],
): RefNode[] {
  if (node.kind === 'ref') found.push(node)
  for (const child of children(node)) referencesOf(child, children, found)
  return found
}

/** The end of a chain of references; undefined for a cycle. */
export function resolve(node: SchemaNode, schema: Schema): SchemaNode | undefined {
  let target: SchemaNode = node
  for (let hops = 0; target.kind === 'ref'; hops++) {
    if (hops > schema.defs.length) return undefined
    target = definition(schema, target.target)
  }
  return target
}

/** The target of a reference. */
export const definition = (schema: Schema, number: number): SchemaNode =>
  number < 0 ? schema.root : (schema.defs[number] as SchemaNode)
