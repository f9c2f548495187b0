// Equivalence of two schema nodes of two contracts. References are followed; cycles are allowed.

import { childrenOf, resolveNode, type Profile, type SchemaNode } from '../../model/index.ts'
import { changesScalars } from '../lock/tree.ts'

export interface Sides {
  readonly old: Profile
  readonly new: Profile
}

/** The end of a chain of references: a lock with a cycle that consumes no input is rejected. */
export const resolve = (node: SchemaNode, profile: Profile): SchemaNode => resolveNode(node, profile) as SchemaNode

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

/** True when the node or a node below it may write another value than it reads. */
export function edits(node: SchemaNode, profile: Profile, visited: Set<SchemaNode> = new Set()): boolean {
  const target = resolve(node, profile)
  if (visited.has(target)) return false
  visited.add(target)
  return editsItself(target) || childrenOf(target).some((child) => edits(child, profile, visited))
}

function editsItself(node: SchemaNode): boolean {
  if (node.kind === 'array') return node.prefixDefaults !== undefined
  if (node.kind !== 'object') return changesScalars(node)
  return node.additional === 'strip' || node.properties.some((property) => property.default !== undefined)
}
