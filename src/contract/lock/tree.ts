// The schema as the walk leaves it: the nodes of profile.ts, and where each one stands in the lock. The checks and the
// numbering of definitions work on it; afterwards only the nodes remain.

import type { RefNode, SchemaNode } from '../../model/index.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The root with its definitions: what a RefNode points into (-1: the root). */
export interface Schema {
  readonly root: SchemaNode
  readonly defs: readonly SchemaNode[]
}

export interface SchemaTree extends Schema {
  /** Every node in the order of the walk: a node before its children. */
  readonly places: readonly Place[]
}

export interface Place {
  readonly node: SchemaNode
  /** JSON pointer into the lock document. */
  readonly pointer: string
  /** The definition that the node stands in, -1 for the root. */
  readonly home: number
  /** `x-discriminator` as written. */
  readonly discriminator?: string
}

/** The nodes that stand directly under `node`; references are not followed. In canonical order of the keywords. */
export function childrenOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.form) {
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

/** The children that look at the very value that `node` looks at: no input is consumed on the way to them. */
export function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.form) {
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

/** The references at and below `node`, by way of `children`. */
export function referencesOf(
  node: SchemaNode,
  children: (node: SchemaNode) => readonly SchemaNode[],
  found: RefNode[] = [],
): RefNode[] {
  if (node.form === 'ref') found.push(node)
  for (const child of children(node)) referencesOf(child, children, found)
  return found
}

/** What a chain of references ends at; undefined when it runs in a circle. */
export function resolve(node: SchemaNode, schema: Schema): SchemaNode | undefined {
  let target: SchemaNode = node
  for (let hops = 0; target.form === 'ref'; hops++) {
    if (hops > schema.defs.length) return undefined
    target = definition(schema, target.target)
  }
  return target
}

/** The node that a reference names. */
export const definition = (schema: Schema, number: number): SchemaNode =>
  number < 0 ? schema.root : (schema.defs[number] as SchemaNode)
