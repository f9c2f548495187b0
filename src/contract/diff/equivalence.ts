// Equivalence of two schema nodes of two contracts. References are followed; cycles are allowed.

import type { Profile, SchemaNode } from '../../model/index.ts'

export interface Sides {
  readonly old: Profile
  readonly new: Profile
}

/** The end of a chain of references. */
export function resolve(node: SchemaNode, { root, defs }: Profile): SchemaNode {
  let target = node
  // This ends: locks with a reference cycle that consumes no input are rejected.
  while (target.kind === 'ref') target = target.target < 0 ? root : (defs[target.target] as SchemaNode)
  return target
}

/** True when both have the same outcome for every value. */
export function isEquivalent(a: SchemaNode, b: SchemaNode, sides: Sides): boolean {
  return equalValues(a, b, sides, new Map())
}

type Assumed = Map<SchemaNode, Set<SchemaNode>>

function equalValues(a: unknown, b: unknown, sides: Sides, assumed: Assumed): boolean {
  if (isNode(a) && isNode(b)) {
    const [left, right] = [resolve(a, sides.old), resolve(b, sides.new)]
    const visited = assumed.get(left) ?? new Set()
    if (visited.has(right)) return true
    assumed.set(left, visited.add(right))
    return equalMembers(left, right, sides, assumed)
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b)
  return equalMembers(a, b, sides, assumed)
}

function equalMembers(a: object, b: object, sides: Sides, assumed: Assumed): boolean {
  const [left, right] = [a, b].map((value) => Object.entries(value).filter(([, member]) => member !== undefined))
  if (left === undefined || right === undefined || left.length !== right.length) return false
  const others = new Map(right)
  return left.every(([key, member]) => others.has(key) && equalValues(member, others.get(key), sides, assumed))
}

const isNode = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'

/** True when the node or a node below it normalizes strings. */
export function normalizes(node: SchemaNode, profile: Profile, visited: Set<SchemaNode> = new Set()): boolean {
  const target = resolve(node, profile)
  if (visited.has(target)) return false
  visited.add(target)
  const any = (nodes: readonly (SchemaNode | false)[]): boolean =>
    nodes.some((child) => child !== false && normalizes(child, profile, visited))
  switch (target.kind) {
    case 'scalar':
      return (target.string?.norm.length ?? 0) > 0
    case 'values':
      return target.norm.length > 0
    case 'array':
      return any([...target.prefix, target.items])
    case 'object':
      return any([...target.properties.map(({ node }) => node), target.additional])
    case 'union':
      return any(target.branches)
    case 'nullable':
      return any([target.inner])
    case 'discriminated':
      return any(target.branches.map(({ node }) => node))
    default:
      return false
  }
}
