// The bound on a validator's work: how many nodes may look at one value. Why a large number is refused: 25 nested unions
// of two branches each would look 67 million times.

import type { SchemaNode } from '../../model/index.ts'
import { admittedTypes, typeBits } from './admitted-types.ts'
import { unsupported } from './errors.ts'
import { findCircles, type Circles } from './cycles.ts'
import { childrenOf, definition, referencesOf, type SchemaTree } from './tree.ts'

const maxFanOut = 256
/** More than the bound; sums stay small numbers. */
const tooMany = maxFanOut + 1

/**
 * Fan-out: 1 for a leaf, the largest of the children for a container, the target's for a reference, and for an anyOf
 * the largest sum over the branches that admit one type. It grows round a circle when a branch that leads back to its
 * anyOf is summed with another one. The schema must be free of circles that consume no input.
 */
export function checkFanOut(tree: SchemaTree): void {
  const admitted = admittedTypes(tree)
  const ofDefinition = new Map<number, number>()
  const memo = new Map<SchemaNode, number>()

  const fanOut = (node: SchemaNode): number => {
    if (node.form === 'ref') return ofDefinition.get(node.target) ?? 1
    const known = memo.get(node)
    if (known !== undefined) return known
    const value = node.form === 'union' ? largestSum(node.branches) : Math.max(1, ...childrenOf(node).map(fanOut))
    memo.set(node, value)
    return value
  }

  const largestSum = (branches: readonly SchemaNode[]): number => {
    let largest = 1
    for (const bit of new Set(Object.values(typeBits))) {
      const sum = branches.reduce((total, branch) => total + (admitted(branch) & bit ? fanOut(branch) : 0), 0)
      largest = Math.max(largest, Math.min(sum, tooMany))
    }
    return largest
  }

  const circles = findCircles(tree, 'all')
  const growing = growingDefinitions(tree, circles, admitted)
  for (const group of circles.groups) {
    // In a group that does not grow, the circles only pass the largest number on: one round finds it.
    const found = group.some((number) => growing.has(number))
      ? tooMany
      : Math.max(...group.map((number) => fanOut(definition(tree, number))))
    for (const number of group) ofDefinition.set(number, found)
  }
  // Nodes on a circle were measured before their group was known.
  memo.clear()
  for (const { node, pointer } of tree.places) {
    if (node.form !== 'union' || fanOut(node) <= maxFanOut) continue
    throw unsupported(pointer, `More than ${maxFanOut} branches of anyOf would look at one value.`)
  }
}

/** The definitions with an anyOf of which one branch leads back to it while another one admits the same type. */
function growingDefinitions(
  tree: SchemaTree,
  circles: Circles,
  admitted: (node: SchemaNode) => number,
): ReadonlySet<number> {
  const growing = new Set<number>()
  for (const { node, home } of tree.places) {
    if (node.form !== 'union') continue
    for (const branch of node.branches) {
      const shares = node.branches.some((other) => other !== branch && (admitted(other) & admitted(branch)) !== 0)
      const leadsBack = (): boolean =>
        referencesOf(branch, childrenOf).some(({ target }) => circles.sameGroup(target, home))
      if (shares && leadsBack()) growing.add(home)
    }
  }
  return growing
}
