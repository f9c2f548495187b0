// Entry point of policies/: what a call passes on its way to the placement. One policy a file.

export { Admission, type QueueState } from './admission.ts'
export { Breaker, breaker } from './breaker.ts'
export { ResultCache } from './cache.ts'
export { cancel } from './cancel.ts'
export { deadline, DeadlineTimer } from './deadline.ts'
export { boundedPath, Fallback, unboundedPath, type FallbackPath } from './fallback.ts'
export { serializeValues } from './own-payload.ts'
export { TurnQueue } from './turn-queue.ts'
