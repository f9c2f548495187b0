// The last step of reading a schema: numbers the definitions and drops unused ones, so that their names do not change
// the contract's id.

import type { RefNode } from '../../model/index.ts'
import { definition, type Mutable, type Schema, type SchemaTree } from './tree.ts'

/**
 * Numbers by first use: first the root's references in the order of the walk, then those of definition 0, of
 * definition 1, and so on, each new one taking the next number.
 */
export function numberDefinitions(tree: SchemaTree): Schema {
  const references = new Map<number, Mutable<RefNode>[]>()
  for (const { node, owner } of tree.locations) {
    if (node.kind !== 'ref') continue
    const list = references.get(owner)
    if (list) list.push(node)
    else references.set(owner, [node])
  }
  const numbers = new Map<number, number>([[-1, -1]])
  // The loop also visits the keys it adds.
  for (const owner of numbers.keys()) {
    for (const { target } of references.get(owner) ?? [])
      if (!numbers.has(target)) numbers.set(target, numbers.size - 1)
  }
  const used = [...numbers.keys()].slice(1)
  for (const owner of numbers.keys()) {
    for (const ref of references.get(owner) ?? []) ref.target = numbers.get(ref.target) as number
  }
  return { root: tree.root, defs: used.map((number) => definition(tree, number)) }
}
