// Ends the synchronous processing of a payload early: its stages count their steps, and every few thousand steps the clock
// is read. One payload at a time runs on a thread, so the state belongs to the module. native/core/src/budget.rs is the twin.

/** When the processing of a payload ends, on the clock of `performance.now()`. */
export interface RunLimit {
  readonly startedAt: number
  readonly endsAt: number
  /** Ends it also before a step that cannot be ended in time. */
  readonly looksAhead: boolean
}

/** Thrown out of the processing when its time is over. */
export const timeIsOver: Error = new Error('The time of the payload is over.')

/** Steps between two checks of the clock. A step takes nanoseconds: a value, a character, a word of a set. */
const stepsPerCheck = 4096
/** Shorter steps are not worth a check. */
const shortMs = 1

let left = stepsPerCheck
let endsAt = Number.POSITIVE_INFINITY
let looksAhead = false

/** Runs `work`, which throws `timeIsOver` when the time of the limit is over. */
export function runWithin<T>(limit: RunLimit, work: () => T): T {
  left = stepsPerCheck
  endsAt = limit.endsAt
  looksAhead = limit.looksAhead
  try {
    return work()
  } finally {
    endsAt = Number.POSITIVE_INFINITY
  }
}

/** Counts steps. Without a limit no clock is read. */
export function spend(steps: number): void {
  left -= steps
  if (left < 0) checkTime(0)
}

/** Before a step over `size` bytes or characters that cannot be ended, and takes about `nanos` for each. */
export function spendAhead(size: number, nanos: number): void {
  const ms = (size * nanos) / 1e6
  if (ms >= shortMs) checkTime(ms)
}

function checkTime(aheadMs: number): void {
  left = stepsPerCheck
  if (endsAt === Number.POSITIVE_INFINITY || performance.now() + (looksAhead ? aheadMs : 0) < endsAt) return
  // A catch on the way must not continue.
  left = 0
  throw timeIsOver
}
