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

/** Processes that process `pid` has started and that still run; empty on systems without /proc. */
export function childrenOf(pid: number): number[] {
  const found: number[] = []
  for (const name of processNames()) {
    try {
      // Behind the name, which may hold anything: state and parent.
      const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      if (Number(parent) === pid) found.push(Number(name))
    } catch {
      // It has ended.
    }
  }
  return found
}

function processNames(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** The proportional set size in bytes: private memory and a share of the shared memory; NaN where it cannot be read. */
export const pssOf = (pid: number): number => bytesOfField(`/proc/${pid}/smaps_rollup`, 'Pss')

/** Resident memory in bytes. */
export const rssOf = (pid: number): number => bytesOfField(`/proc/${pid}/status`, 'VmRSS')

function bytesOfField(file: string, field: string): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))
    return found === null ? Number.NaN : Number(found[1]) * 1024
  } catch {
    return Number.NaN
  }
}
