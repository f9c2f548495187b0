// CPU time and memory of other processes, from Linux's /proc; NaN on other systems.

import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of all threads of a process so far, in µs; NaN where the system does not report it. */
export function cpuUsOf(pid: number): number {
  try {
    let ns = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      ns += Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10)
    }
    return ns / 1000
  } catch {
    return Number.NaN
  }
}

/** The proportional set size in bytes: private memory and a share of the shared memory; NaN where it cannot be read. */
export const pssOf = (pid: number): number => kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss')

/** Resident memory in bytes. */
export const rssOf = (pid: number): number => kilobytes(`/proc/${pid}/status`, 'VmRSS')

function kilobytes(file: string, field: string): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))
    return found === null ? Number.NaN : Number(found[1]) * 1024
  } catch {
    return Number.NaN
  }
}
