// Entry point of rollout/: the percent of a rollout with its file, its events, and the comparison of its sides.

export { differenceOf } from './compare.ts'
export { RolloutControl } from './control.ts'
export { RolloutEvents } from './events.ts'
export {
  entryOf,
  readEntries,
  RolloutFileError,
  updateEntries,
  type RolloutEntries,
  type RolloutEntry,
} from './file.ts'
export { positionBy } from './key.ts'
export { ControlledRollout, type Rollout, type RolloutChangeOptions } from './rollout.ts'
export { SidesPlacement } from './sides.ts'
