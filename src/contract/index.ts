// Entry point of contract/: parsing, loading and comparing contracts. Defining one from a zod schema is in define/.

export { describeDictionary, dictionaryOf, refusedDictionary } from './dictionary.ts'
export { lockRules, parseDraft, refusalText, type LockOptions } from './draft.ts'
export type { Affected, Change } from './diff/change.ts'
export { compareContracts } from './diff/compare.ts'
export { loadContract, loadContractAsync } from './load.ts'
export { lockText } from './lock/lock-text.ts'
export { stepBudget } from './lock/cost.ts'
export { normalForm } from './lock/normal-form.ts'
export { parseContract, parseLock, type ParsedLock, type ParseOptions } from './lock/parse-lock.ts'
export { pathTo, rootPath } from './paths.ts'
