// Entry point of model/: the types that all other modules share.

export * from './app-schema.ts'
export * from './app-function.ts'
export * from './attempt.ts'
export type * from './breaker-state.ts'
export * from './call.ts'
export type * from './call-event.ts'
export type * from './call-starter.ts'
export type * from './contract.ts'
export type * from './counted.ts'
export * from './deflate-alphabet.ts'
export { hasDictionaryMark } from './dictionary-mark.ts'
export * from './contract-name.ts'
export type * from './engine-report.ts'
export * from './errors.ts'
export { describeIssue, describeIssueAt, isExpectation, isKeyword } from './issue.ts'
export type * from './latency-stats.ts'
export * from './daemon-address.ts'
export * from './options.ts'
export * from './option-rules.ts'
export * from './outcome.ts'
export type * from './payload.ts'
export type * from './payload-content.ts'
export type {
  BreakerEvent,
  BreakerOptions,
  BreakerSettings,
  FallbackOptions,
  FallbackSettings,
  FallbackStats,
  FallbackTarget,
} from './policy-options.ts'
export * from './outcome-bytes.ts'
export type * from './placement.ts'
export type * from './rollout-events.ts'
export * from './rollout-options.ts'
export type * from './queue-stats.ts'
export type * from './rollout-stats.ts'
export type * from './shared-cache.ts'
export * from './problem.ts'
export type * from './processor.ts'
export * from './profile.ts'
export * from './tell-apart.ts'
export * from './worker-restarts.ts'
export * from './via.ts'
export * from './worst-case.ts'
export { flattenUnion, typesOf, valueTypes, type Candidates } from './union-candidates.ts'
