// What /proc tells about other processes.
import { existsSync, readFileSync } from 'node:fs'
import type { TestContext } from 'vitest'

/** Skips the test where there is no /proc. */
export function needProc(context: TestContext): void {
  if (!existsSync('/proc/self/task')) context.skip('there is no /proc here')
}

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)

/** /proc lists zombies, too. */
export function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return true
  }
}

/** CPU time of all threads of a process, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
