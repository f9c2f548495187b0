// The door of diff/: what changed in meaning between two contracts.

export type { Affected, Change } from './change.ts'
export { compareContracts } from './compare.ts'
