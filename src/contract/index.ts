// The door of contract/: reading, comparing and naming contracts. Defining one from a zod schema has its own door
// (define/), because only that needs zod.

export { dictionaryOf, nameDictionary } from './dictionary.ts'
export { compareContracts, type Affected, type Change } from './diff/index.ts'
export { loadContract } from './load.ts'
export { normalForm } from './lock/normal-form.ts'
export { parseContract, parseLock } from './lock/parse-lock.ts'
