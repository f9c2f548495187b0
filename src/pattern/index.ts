// The door of the pattern grammar: parse a pattern into a tree. How the tree is matched is not here (engine/js).

export { parsePattern, PatternError, patternLimits } from './parse.ts'
export type { Ranges } from './ranges.ts'
export type { Pattern, PatternNode } from './node.ts'
