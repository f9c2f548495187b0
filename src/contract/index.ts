// Entry point of contract/: parsing, loading and comparing contracts. Defining one from a zod schema is in define/, the
// only part that imports zod.

export { dictionaryOf, describeDictionary } from './dictionary.ts'
export { compareContracts, type Affected, type Change } from './diff/index.ts'
export { loadContract } from './load.ts'
export { normalForm } from './lock/normal-form.ts'
export { parseContract, parseLock } from './lock/parse-lock.ts'
