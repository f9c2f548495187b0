// Entry point of diff/: the semantic changes between two contracts.

export type { Affected, Change } from './change.ts'
export { compareContracts } from './compare.ts'
