// The door of model/: the types that every other module shares. How a contract is read or defined is in contract/.

export * from './call.ts'
export type { Contract } from './contract.ts'
export * from './errors.ts'
export { describeIssue } from './issue.ts'
export type { LockDictionary, LockDocument, LockSchema } from './lock-document.ts'
export * from './options.ts'
export * from './outcome.ts'
export * from './outcome-bytes.ts'
export type * from './placement.ts'
export type * from './processor.ts'
export * from './profile.ts'
