// Entry point of pattern/: parses a pattern into a tree. The engines match it.

export { parsePattern, PatternError, patternLimits } from './parse.ts'
export type { Ranges } from './ranges.ts'
export type { Pattern, PatternNode } from './node.ts'
