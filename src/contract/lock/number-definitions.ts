// The last step of reading a schema: numbers the definitions and drops unused ones, so that their names do not change
// the contract's id.

import { childrenOf, definition, type RefNode, type Schema } from '../../model/index.ts'
import { referencesOf, type Mutable } from './tree.ts'

/**
 * Numbers by first use: first the root's references in the order of the walk, then those of definition 0, of
 * definition 1, and so on, each new one taking the next number.
 */
export function numberDefinitions(schema: Schema): Schema {
  const referencesIn = (owner: number): Mutable<RefNode>[] => referencesOf(definition(schema, owner), childrenOf)
  const numbers = new Map<number, number>([[-1, -1]])
  // The loop also visits the keys it adds.
  for (const owner of numbers.keys()) {
    for (const { target } of referencesIn(owner)) if (!numbers.has(target)) numbers.set(target, numbers.size - 1)
  }
  const owners = [...numbers.keys()]
  for (const ref of owners.flatMap(referencesIn)) ref.target = numbers.get(ref.target) as number
  return { root: schema.root, defs: owners.slice(1).map((number) => definition(schema, number)) }
}
