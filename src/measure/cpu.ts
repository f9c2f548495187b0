// Measures the CPU time of the main thread: the cost of a placement for the event loop, without other threads.

import { readFileSync } from 'node:fs'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'

export interface CpuMeter {
  /** The method, for the header. */
  readonly method: string
  /** Starts a measurement; the returned function ends it and returns µs. */
  start(): () => number
}

// On Linux the thread id of the main thread is the process id.
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

// The kernel updates the time of a thread when it leaves the core or at a tick: a sleep of 1 ms makes it exact.
function settledCpuNs(): number {
  Atomics.wait(cell, 0, 0, 1)
  return readCpuNs()
}

function startUtilisation(): () => number {
  const from = performance.now()
  const before: EventLoopUtilization = performance.eventLoopUtilization()
  return () => performance.eventLoopUtilization(before).utilization * (performance.now() - from) * 1000
}
