// The bound on a validator's work: how many nodes may look at one value. Without it, 25 nested unions of two branches
// would look at one value 67 million times.

import type { SchemaNode } from '../../model/index.ts'
import { admittedTypes, typeBits } from './admitted-types.ts'
import { unsupported } from './errors.ts'
import { findCycles, type ReferenceGroups } from './cycles.ts'
import { childrenOf, definition, referencesOf, type SchemaTree } from './tree.ts'

const maxFanOut = 256
/** Sums are capped here, one above the bound. */
const sumCap = maxFanOut + 1

/**
 * Fan-out: 1 for a leaf, the largest of the children for a container, the target's for a reference, and for an anyOf
 * the largest sum over the branches that admit one type. It grows without bound on a cycle in which a branch that leads
 * back to its anyOf is summed with another branch. The schema must be free of cycles that consume no input.
 */
export function checkFanOut(tree: SchemaTree): void {
  const admitted = admittedTypes(tree)
  const ofDefinition = new Map<number, number>()
  const memo = new Map<SchemaNode, number>()

  const fanOut = (node: SchemaNode): number => {
    if (node.kind === 'ref') return ofDefinition.get(node.target) ?? 1
    const known = memo.get(node)
    if (known !== undefined) return known
    const value = node.kind === 'union' ? largestSum(node.branches) : Math.max(1, ...childrenOf(node).map(fanOut))
    memo.set(node, value)
    return value
  }

  const largestSum = (branches: readonly SchemaNode[]): number => {
    let largest = 1
    for (const bit of new Set(Object.values(typeBits))) {
      const sum = branches.reduce((total, branch) => total + (admitted(branch) & bit ? fanOut(branch) : 0), 0)
      largest = Math.max(largest, Math.min(sum, sumCap))
    }
    return largest
  }

  const groups = findCycles(tree, 'all')
  const growing = growingDefinitions(tree, groups, admitted)
  for (const group of groups.groups) {
    // In a group that does not grow, cycles only propagate the largest number: one pass finds it.
    const found = group.some((number) => growing.has(number))
      ? sumCap
      : Math.max(...group.map((number) => fanOut(definition(tree, number))))
    for (const number of group) ofDefinition.set(number, found)
  }
  // Nodes on a cycle were measured before their group was known.
  memo.clear()
  for (const { node, pointer } of tree.locations) {
    if (node.kind !== 'union' || fanOut(node) <= maxFanOut) continue
    throw unsupported(pointer, `More than ${maxFanOut} branches of anyOf would look at one value.`)
  }
}

/** The definitions with an anyOf that one branch leads back to while another branch admits the same type. */
function growingDefinitions(
  tree: SchemaTree,
  groups: ReferenceGroups,
  admitted: (node: SchemaNode) => number,
): ReadonlySet<number> {
  const growing = new Set<number>()
  for (const { node, owner } of tree.locations) {
    if (node.kind !== 'union') continue
    for (const branch of node.branches) {
      const shares = node.branches.some((other) => other !== branch && (admitted(other) & admitted(branch)) !== 0)
      const leadsBack = (): boolean =>
        referencesOf(branch, childrenOf).some(({ target }) => groups.sameGroup(target, owner))
      if (shares && leadsBack()) growing.add(owner)
    }
  }
  return growing
}
