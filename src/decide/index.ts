// Entry point of decide/: measures the placements on a user's payloads, and recommends one.

export type { DecisionRecord, ProfileFacts } from './record.ts'
export { defaultLimits, type Limits } from './placement-rule.ts'
export { BadPayloads, expectedInput } from './examine.ts'
export type { DecideInput } from './input.ts'
export { decide } from './run.ts'
export { TimeOver } from './time.ts'
export { hasZod } from './today.ts'
export type { TodaySource } from './work.ts'
export * from './format.ts'
