// The CPU time of the main thread: what a placement costs the event loop, whatever other threads burn meanwhile.

import { readFileSync } from 'node:fs'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import process from 'node:process'

export interface CpuMeter {
  /** How it measures, for the header. */
  readonly method: string
  /** Starts a stretch; the returned function ends it and gives µs. */
  start(): () => number
}

// On Linux the id of the main thread is that of the process.
const schedstat = `/proc/self/task/${process.pid}/schedstat`

export function cpuMeter(): CpuMeter {
  try {
    readCpuNs()
    return {
      method: schedstat.replace(String(process.pid), '<tid>'),
      start() {
        const from = settledCpuNs()
        return () => (settledCpuNs() - from) / 1000
      },
    }
  } catch {
    return { method: 'event-loop utilisation × wall time', start: startUtilisation }
  }
}

function readCpuNs(): number {
  const ns = Number.parseInt(readFileSync(schedstat, 'utf8'), 10)
  if (!(ns > 0)) throw new Error('schedstat holds no time')
  return ns
}

const cell = new Int32Array(new SharedArrayBuffer(4))

// The kernel adds up a thread's time when it leaves the core or at a tick: a sleep of a millisecond makes it exact.
function settledCpuNs(): number {
  Atomics.wait(cell, 0, 0, 1)
  return readCpuNs()
}

function startUtilisation(): () => number {
  const from = performance.now()
  const before: EventLoopUtilization = performance.eventLoopUtilization()
  return () => performance.eventLoopUtilization(before).utilization * (performance.now() - from) * 1000
}
