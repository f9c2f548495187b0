// Deadlines by one coarse timer for all calls: it is set for the earliest one, looks at all calls when it fires, and is
// set again. A thousand calls with the same limit cost one timer a limit, not a thousand.

import { deadlineExceeded, type Call, type Layer } from '../model/index.ts'

export interface DeadlineOptions {
  /** Of a call that names none. */
  readonly defaultMs: number | undefined
  /** The calls without an answer. */
  readonly calls: Iterable<Call>
}

/** Least time between two looks, so that calls with a thousand different limits do not cost a thousand looks. */
const grainMs = 5

/** Fails a call with `deadline.exceeded` when its time is over. */
export function deadline({ defaultMs, calls }: DeadlineOptions): Layer {
  let timer: NodeJS.Timeout | undefined
  let wakesAt = Number.POSITIVE_INFINITY

  const arm = (expiresAt: number, now: number): void => {
    clearTimeout(timer)
    const waitMs = Math.max(grainMs, Math.ceil(expiresAt - now))
    wakesAt = now + waitMs
    // Never keeps the process: pending calls do that by themselves.
    timer = setTimeout(look, waitMs).unref()
  }

  const look = (): void => {
    const now = performance.now()
    let earliest = Number.POSITIVE_INFINITY
    for (const call of calls) {
      if (call.expiresAt <= now) call.fail(deadlineExceeded(call))
      else if (call.expiresAt < earliest) earliest = call.expiresAt
    }
    if (earliest < Number.POSITIVE_INFINITY) arm(earliest, now)
    else wakesAt = Number.POSITIVE_INFINITY
  }

  return (inner) => (call) => {
    const limitMs = call.deadlineMs ?? defaultMs
    if (limitMs === undefined) return inner(call)
    const now = performance.now()
    call.expiresAt = now + limitMs
    if (call.expiresAt + grainMs < wakesAt) arm(call.expiresAt, now)
    inner(call)
  }
}
