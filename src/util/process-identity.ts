// Whether a process still runs, and whether it is the one of then: numbers of processes are used again.

import { readFileSync } from 'node:fs'

/** False: there is no process with this number. Where that cannot be asked, such as of a process of another user: true. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * When the process started, in ticks since the boot (proc_pid_stat(5), field 22): it does not change with the clock. Empty where
 * the system does not tell.
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the name in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** `start`: of `startOf`, when the process was seen. */
export const isSameProcess = (pid: number, start: unknown): boolean => isAlive(pid) && startOf(pid) === start
