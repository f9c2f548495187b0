// The static cost of a pattern: a bound on the automaton's work for one character, known without any text.

import type { Pattern, PatternNode } from './node.ts'

/** The most positions of the pattern that can be alive behind one character of any text, at least 1. */
export const patternCost = (pattern: Pattern): number => Math.max(1, positions(pattern.node))

function positions(node: PatternNode): number {
  if (node.kind === 'class') return 1
  if (node.kind === 'concat') return node.parts.reduce((sum, part) => sum + positions(part), 0)
  if (node.kind === 'alternation') return node.branches.reduce((sum, branch) => sum + positions(branch), 0)
  if (node.kind !== 'repeat') return 0
  return positions(node.node) * (node.max === Infinity ? node.min + 1 : node.max)
}
