// The door of contract/: what the engines, the placements and the public door take from it. The zod side has its own
// door (define/).

export * from './call.ts'
export type { Contract } from './contract.ts'
export { dictionaryOf, nameDictionary } from './dictionary.ts'
export * from './errors.ts'
export { describeIssue } from './issue.ts'
export { loadContract } from './load.ts'
export { parseContract, parseLock, type LockDictionary, type LockDocument, type LockSchema } from './lock.ts'
export { normalForm } from './normal-form.ts'
export * from './options.ts'
export * from './outcome.ts'
export * from './outcome-wire.ts'
export { parsePattern } from './pattern/index.ts'
export * from './pattern/index.ts'
export type * from './placement.ts'
export type * from './processor.ts'
export * from './profile.ts'
