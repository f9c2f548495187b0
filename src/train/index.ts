// Entry point of train/: makes the compression tables of a contract from samples.

export { trainContract, type Training, type TrainOptions } from './train-contract.ts'
export { maxLoss, minSamples, type TrainedClass } from './train-tables.ts'
