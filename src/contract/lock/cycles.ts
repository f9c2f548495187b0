// The definitions of a schema as a graph: which ones refer to each other in a circle, and in which order each comes after
// all that it refers to. What follows from a circle is decided in checks.ts.

import { branchesOf, childrenOf, definition, referencesOf, type Schema } from './tree.ts'

/** Definitions by number; the root is -1. */
export interface Circles {
  /** The groups of definitions that reach each other, each group after all groups that it refers to. */
  readonly groups: readonly (readonly number[])[]
  /** Whether two definitions are in one group. */
  sameGroup(a: number, b: number): boolean
}

/** Circles over all references (`all`), or over those on which no input is consumed (`still`). */
export function findCircles(schema: Schema, edges: 'all' | 'still'): Circles {
  const children = edges === 'all' ? childrenOf : branchesOf
  // Shifted by one: the root is vertex 0.
  const targets: number[][] = []
  for (let number = -1; number < schema.defs.length; number++) {
    targets.push(referencesOf(definition(schema, number), children).map((ref) => ref.target + 1))
  }
  const groups = strongComponents(targets)
  const groupOf: number[] = []
  groups.forEach((group, index) => group.forEach((vertex) => (groupOf[vertex] = index)))
  return {
    groups: groups.map((group) => group.map((vertex) => vertex - 1)),
    sameGroup: (a, b) => groupOf[a + 1] === groupOf[b + 1],
  }
}

/**
 * Tarjan's algorithm (SIAM J. Comput. 1972) without recursion: a chain of definitions may be thousands long. A
 * component comes after all that it points to.
 */
function strongComponents(targets: readonly (readonly number[])[]): number[][] {
  const components: number[][] = []
  /** When a vertex was met, from 1; Infinity once its component is known. */
  const met: number[] = targets.map(() => 0)
  const low: number[] = targets.map(() => 0)
  const waiting: number[] = []
  const path: { vertex: number; next: number }[] = []
  let clock = 0
  const enter = (vertex: number): void => {
    met[vertex] = low[vertex] = ++clock
    waiting.push(vertex)
    path.push({ vertex, next: 0 })
  }
  targets.forEach((_, start) => {
    if (met[start] !== 0) return
    enter(start)
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { vertex } = step
      const target = targets[vertex]?.[step.next++]
      if (target !== undefined) {
        if (met[target] === 0) enter(target)
        else low[vertex] = Math.min(low[vertex] as number, met[target] as number)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent) low[parent.vertex] = Math.min(low[parent.vertex] as number, low[vertex] as number)
      if (low[vertex] !== met[vertex]) continue
      const component = waiting.splice(waiting.lastIndexOf(vertex))
      for (const member of component) met[member] = low[member] = Infinity
      components.push(component)
    }
  })
  return components
}
