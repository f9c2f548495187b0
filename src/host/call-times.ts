// Where the time of an ended call went.

import { runOf, type ProcessCall } from '../model/index.ts'

/** All in µs. */
export interface CallTimes {
  total: number
  /** NaN: the call has no run of its own. */
  queueWait: number
  run: number
}

/** One object for all calls: it is read before the next one ends. */
const times: CallTimes = { total: 0, queueWait: Number.NaN, run: Number.NaN }

export function timesOf(call: ProcessCall, now: number): CallTimes {
  const { startedAt } = call
  const total = Math.max(0, now - startedAt) * 1000
  times.total = total
  if (call.cached === 'hit' || call.cached === 'shared') {
    times.queueWait = times.run = Number.NaN
    return times
  }
  const { begunAt, queueUs, runUs } = runOf(call)
  const wait = (begunAt === 0 ? 0 : Math.max(0, begunAt - startedAt) * 1000) + queueUs
  times.queueWait = Math.min(wait, total)
  // Not measured apart: it ran on this thread, from when it was taken.
  times.run = runUs < 0 ? total - times.queueWait : Math.min(runUs, total)
  return times
}
