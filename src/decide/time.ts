// The end of a run, whatever the machine does: what is not measured by then is left out, and named.

import { performance } from 'node:perf_hooks'

/** Soft: nothing new begins when `seconds` are over. Hard: `graceMs` later, and never beyond `longestMs`. */
const [graceMs, longestMs] = [12_000, 52_000]

export class TimeOver extends Error {
  override readonly name = 'TimeOver'
}

export const isTimeOver = (error: unknown): boolean => error instanceof TimeOver

export interface Deadline {
  readonly isOver: () => boolean
  /** Rejects with TimeOver when the time ends before the answer. Does not ask when the time is over. */
  within<T>(ask: () => Promise<T>): Promise<T>
  /** Ends the timer. */
  end(): void
}

/** `from`: when the command began, by `performance.now()`. */
export function createDeadline(from: number, seconds: number): Deadline {
  const at = from + Math.min(longestMs, seconds * 1000 + graceMs)
  // A timer may end a moment before the clock says so.
  let hasEnded = false
  const isOver = (): boolean => hasEnded || performance.now() >= at
  const fail = (): TimeOver => new TimeOver('The time was over before each way was measured')
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        hasEnded = true
        reject(fail())
      },
      Math.max(0, at - performance.now()),
    )
    // What is waited for is a process, which keeps this one alive.
    timer.unref()
  })
  // It may end between two requests.
  over.catch(() => {})
  return {
    isOver,
    async within(ask) {
      if (isOver()) throw fail()
      return await Promise.race([ask(), over])
    },
    end: () => clearTimeout(timer),
  }
}
