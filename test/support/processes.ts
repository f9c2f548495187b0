// Other processes: what /proc tells about them, and stopping one.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
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

/** Stops a process. The signal is delivered later than it is sent: resolves when no thread of it runs. */
export async function stopProcess({ pid }: { readonly pid?: number | undefined }): Promise<void> {
  if (pid === undefined) throw new Error('It was not started')
  process.kill(pid, 'SIGSTOP')
  if (!existsSync('/proc/self/task')) return sleep(20)
  const isStopped = (thread: string): boolean =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1').includes(') T ')
  while (!readdirSync(`/proc/${pid}/task`).every(isStopped)) await sleep(1)
}

/** As in /proc/net/tcp. */
const tcpStates = { established: '01', listening: '0A' }

/** Number of TCP sockets of a process that are in this state. */
export function tcpSockets(pid: number, state: keyof typeof tcpStates): number {
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'latin1'))
  // sl local_address rem_address st … inode.
  const found = new Set(
    tables.flatMap((table) =>
      table.split('\n').flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        return fields[3] === tcpStates[state] ? [`socket:[${fields[9]}]`] : []
      }),
    ),
  )
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      // Closed meanwhile.
      return ''
    }
  })
  return files.filter((file) => found.has(file)).length
}
