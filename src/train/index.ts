// Entry point of train/: makes the compression tables or the dictionary of a contract from samples.

export { trainContract, type Training } from './train-contract.ts'
export { trainDictionary, type DictionaryTraining } from './train-dictionary.ts'
export type { TrainedClass } from './train-tables.ts'
