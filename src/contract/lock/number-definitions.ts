// The last step of reading a schema: definitions get their numbers in the normal form, unused ones go. Names are the
// author's and must not change the contract's id.

import type { RefNode } from '../../model/index.ts'
import { definition, type Mutable, type Schema, type SchemaTree } from './tree.ts'

/**
 * Numbers by first use: first the root's references in the order of the walk, then those of definition 0, of
 * definition 1, and so on, each new one taking the next number.
 */
export function numberDefinitions(tree: SchemaTree): Schema {
  const references = new Map<number, Mutable<RefNode>[]>()
  for (const { node, home } of tree.places) {
    if (node.form !== 'ref') continue
    const list = references.get(home)
    if (list) list.push(node)
    else references.set(home, [node])
  }
  const numbers = new Map<number, number>([[-1, -1]])
  // A map gives what is added to it while it is walked.
  for (const home of numbers.keys()) {
    for (const { target } of references.get(home) ?? []) if (!numbers.has(target)) numbers.set(target, numbers.size - 1)
  }
  const used = [...numbers.keys()].slice(1)
  for (const home of numbers.keys()) {
    for (const ref of references.get(home) ?? []) ref.target = numbers.get(ref.target) as number
  }
  return { root: tree.root, defs: used.map((number) => definition(tree, number)) }
}
