// Entry point of pattern/: parses a pattern into a tree, finds its positions and its cost. The engines match it.

export { PatternError } from './atoms.ts'
export { patternCost } from './cost.ts'
export type { Pattern, PatternNode, PatternUnits } from './node.ts'
export { parsePattern, patternLimits } from './parse.ts'
export { addAll, addBit, hasBit, matched, matchedAtEnd, positionsOf, type Bits, type Positions } from './positions.ts'
export { wordCharacters, type Ranges } from './ranges.ts'
export { countsUnits } from './units.ts'
