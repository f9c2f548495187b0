// Entry point of model/: the types that all other modules share.

export * from './call.ts'
export type * from './contract.ts'
export * from './errors.ts'
export { describeIssue } from './issue.ts'
export * from './options.ts'
export * from './outcome.ts'
export * from './outcome-bytes.ts'
export type * from './placement.ts'
export type * from './processor.ts'
export * from './profile.ts'
export * from './tell-apart.ts'
export { flattenUnion, listsByType, typesOf, valueTypes, type Candidates } from './union-candidates.ts'
