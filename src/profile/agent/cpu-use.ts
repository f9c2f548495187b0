// CPU time of the process and of its main thread.

import { readFileSync } from 'node:fs'

export interface CpuUse {
  readonly cpuMs: number
  readonly mainCpuMs: number | null
}

/** Begins to count; the function that it returns tells what was used since. */
export function countCpuUse(): () => CpuUse {
  const before = totals()
  return () => {
    const after = totals()
    const main = before.main === undefined || after.main === undefined ? null : after.main - before.main
    return { cpuMs: after.all - before.all, mainCpuMs: main }
  }
}

function totals(): { readonly all: number; readonly main: number | undefined } {
  const { user, system } = process.cpuUsage()
  return { all: (user + system) / 1000, main: mainThread() }
}

function mainThread(): number | undefined {
  // Node 23.9 and later.
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } }
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage.call(process)
    return (user + system) / 1000
  }
  try {
    // Linux: nanoseconds on a core. The main thread has the number of the process.
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}
