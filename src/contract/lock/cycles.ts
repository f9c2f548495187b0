// The reference graph of a schema's definitions: its strongly connected components, in topological order.

import { branchesOf, childrenOf, definition, type Schema } from '../../model/index.ts'
import { referencesOf } from './tree.ts'

/** Definitions by number; the root is -1. */
export interface ReferenceGroups {
  /** Definitions that reach each other form a group; each group comes after all groups that it refers to. */
  readonly groups: readonly (readonly number[])[]
  /** Whether two definitions are in one group. */
  sameGroup(a: number, b: number): boolean
}

/** Groups over all references (`all`), or over those that visit the same value (`non-consuming`). */
export function findCycles(schema: Schema, edges: 'all' | 'non-consuming'): ReferenceGroups {
  const children = edges === 'all' ? childrenOf : branchesOf
  // Shifted by one: the root is vertex 0.
  const targets: number[][] = []
  for (let number = -1; number < schema.defs.length; number++) {
    targets.push(referencesOf(definition(schema, number), children).map((ref) => ref.target + 1))
  }
  const groups = strongComponents(targets)
  const groupOf: number[] = []
  groups.forEach((group, number) => group.forEach((vertex) => (groupOf[vertex] = number)))
  return {
    groups: groups.map((group) => group.map((vertex) => vertex - 1)),
    sameGroup: (a, b) => groupOf[a + 1] === groupOf[b + 1],
  }
}

/**
 * Tarjan's algorithm (SIAM J. Comput. 1972), iterative because a chain of definitions may be thousands long. A
 * component comes after all components that it points to.
 */
function strongComponents(targets: readonly (readonly number[])[]): number[][] {
  const components: number[][] = []
  /** Discovery index of a vertex, from 1; Infinity once its component is known. */
  const index: number[] = targets.map(() => 0)
  const low: number[] = targets.map(() => 0)
  const stack: number[] = []
  const path: { vertex: number; next: number }[] = []
  let counter = 0
  const enter = (vertex: number): void => {
    index[vertex] = low[vertex] = ++counter
    stack.push(vertex)
    path.push({ vertex, next: 0 })
  }
  targets.forEach((_, start) => {
    if (index[start] !== 0) return
    enter(start)
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { vertex } = step
      const target = targets[vertex]?.[step.next++]
      if (target !== undefined) {
        if (index[target] === 0) enter(target)
        else low[vertex] = Math.min(low[vertex] as number, index[target] as number)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent) low[parent.vertex] = Math.min(low[parent.vertex] as number, low[vertex] as number)
      if (low[vertex] !== index[vertex]) continue
      const component = stack.splice(stack.lastIndexOf(vertex))
      for (const member of component) index[member] = low[member] = Infinity
      components.push(component)
    }
  })
  return components
}
