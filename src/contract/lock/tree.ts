// The schema as the walk returns it: the nodes of profile.ts, and the location of each in the lock. The checks and the
// numbering of definitions use it; afterwards only the nodes remain.

import type { RefNode, Schema, SchemaNode } from '../../model/index.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

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

/** Whether the node itself may replace a scalar by another one. */
export function changesScalars(node: SchemaNode): boolean {
  if (node.kind === 'values') return node.norm.length > 0
  if (node.kind !== 'scalar') return false
  return node.coerce === true || node.string?.url !== undefined || (node.string?.norm ?? []).length > 0
}
