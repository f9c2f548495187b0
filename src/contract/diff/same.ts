// Two schema nodes of two contracts: do they say the same? References are followed, also in circles.

import type { Profile, SchemaNode } from '../../model/index.ts'

export interface Sides {
  readonly old: Profile
  readonly new: Profile
}

/** The node that a reference stands for. */
export function resolve(node: SchemaNode, { root, defs }: Profile): SchemaNode {
  let found = node
  // lock.ts refuses references that lead round without consuming input.
  while (found.kind === 'ref') found = found.target < 0 ? root : (defs[found.target] as SchemaNode)
  return found
}

/** True when both give the same outcome for every value. */
export function same(a: SchemaNode, b: SchemaNode, sides: Sides): boolean {
  return sameValue(a, b, sides, new Map())
}

type Assumed = Map<SchemaNode, Set<SchemaNode>>

function sameValue(a: unknown, b: unknown, sides: Sides, assumed: Assumed): boolean {
  if (isNode(a) && isNode(b)) {
    const [left, right] = [resolve(a, sides.old), resolve(b, sides.new)]
    const met = assumed.get(left) ?? new Set()
    if (met.has(right)) return true
    assumed.set(left, met.add(right))
    return sameMembers(left, right, sides, assumed)
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b)
  return sameMembers(a, b, sides, assumed)
}

function sameMembers(a: object, b: object, sides: Sides, assumed: Assumed): boolean {
  const [left, right] = [a, b].map((value) => Object.entries(value).filter(([, member]) => member !== undefined))
  if (left === undefined || right === undefined || left.length !== right.length) return false
  const others = new Map(right)
  return left.every(([key, member]) => others.has(key) && sameValue(member, others.get(key), sides, assumed))
}

const isNode = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'

/** True when the node, or what is in it, normalizes strings. */
export function normalizes(node: SchemaNode, profile: Profile, met: Set<SchemaNode> = new Set()): boolean {
  const found = resolve(node, profile)
  if (met.has(found)) return false
  met.add(found)
  const any = (nodes: readonly (SchemaNode | false)[]): boolean =>
    nodes.some((child) => child !== false && normalizes(child, profile, met))
  switch (found.kind) {
    case 'scalar':
      return (found.string?.norm.length ?? 0) > 0
    case 'values':
      return found.norm.length > 0
    case 'array':
      return any([...found.prefix, found.items])
    case 'object':
      return any([...found.properties.map(({ node }) => node), found.additional])
    case 'union':
      return any(found.branches)
    case 'nullable':
      return any([found.inner])
    case 'discriminated':
      return any(found.branches.map(({ node }) => node))
    default:
      return false
  }
}
