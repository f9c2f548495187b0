// The delay of the event loop, by a timer that notes how late it is, and the pauses of the garbage collector.

import { PerformanceObserver, performance } from 'node:perf_hooks'
import { probeMs } from '../raw.ts'

/** Taken before an app, or its tests, can replace them. */
const { setTimeout, clearTimeout } = globalThis

export interface DelayProbe {
  /** When each tick was due, and how late it was; milliseconds of `performance.now()`. */
  readonly due: readonly number[]
  readonly late: readonly number[]
  stop(): void
}

/** `onTick` is called with the time of each tick. The timer does not keep the process alive. */
export function probeDelay(onTick: (now: number) => void): DelayProbe {
  const due: number[] = []
  const late: number[] = []
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let expected = 0
  const schedule = (now: number): void => {
    if (isStopped) return
    expected = now + probeMs
    timer = setTimeout(probeTick, probeMs).unref()
  }
  const probeTick = (): void => {
    const now = performance.now()
    due.push(expected)
    // A timer may fire up to a millisecond early, because libuv counts in whole milliseconds.
    late.push(Math.max(0, now - expected))
    onTick(now)
    schedule(now)
  }
  schedule(performance.now())
  return {
    due,
    late,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

export interface GcProbe {
  /** Start and duration of each pause. */
  pauses(): readonly (readonly [number, number])[]
  stop(): void
}

export function probeGc(): GcProbe {
  const pauses: [number, number][] = []
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  const note = (entries: readonly { readonly startTime: number; readonly duration: number }[]): void => {
    for (const { startTime, duration } of entries) pauses.push([startTime, duration])
  }
  observer.observe({ entryTypes: ['gc'] })
  return {
    pauses() {
      note(observer.takeRecords())
      return pauses
    },
    stop: () => observer.disconnect(),
  }
}
