// Entry point of pattern/: parses a pattern into a tree. The engines match it.

export { PatternError } from './atoms.ts'
export { patternCost } from './cost.ts'
export { parsePattern, patternLimits } from './parse.ts'
export type { Ranges } from './ranges.ts'
export type { Pattern, PatternNode } from './node.ts'
