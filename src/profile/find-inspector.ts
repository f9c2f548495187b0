// Finds the inspector of a running Node process, and opens it where it is not open.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProfileError } from './profile-error.ts'

export interface Inspector {
  readonly url: string
  /** It was not open before. */
  readonly isOpened: boolean
}

const usualPort = 9229
/** A main thread that is busy opens it late. */
const openMs = 15_000
const pollMs = 100
/** Also on a busy machine: no port is asked twice. */
const answerMs = 3_000
/** SIGUSR1 in the mask of caught signals, on Linux. */
const sigusr1 = 1n << 9n

/** Throws ProfileError: no such process, no permission, not Node, no inspector. */
export async function findInspector(pid: number): Promise<Inspector> {
  checkProcess(pid)
  const open = await inspectorOf(pid)
  if (open !== undefined) return { url: open, isOpened: false }
  checkNode(pid)
  const before = new Set(portsOf(pid))
  openInspector(pid)
  for (const until = performance.now() + openMs; performance.now() < until; await sleep(pollMs)) {
    const url = await inspectorOf(pid, before)
    if (url !== undefined) return { url, isOpened: true }
  }
  throw new ProfileError(
    `Process ${pid} opened no inspector on SIGUSR1: its port may be taken, it may run with --disable-sigusr1 or handle the ` +
      `signal itself. Start it with --inspect=127.0.0.1:0, or profile it with: sidelane profile -- COMMAND. Where its main ` +
      `thread was blocked, it opens one later, and that stays open`,
  )
}

function checkProcess(pid: number): void {
  try {
    process.kill(pid, 0)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') throw new ProfileError(`There is no process ${pid}`, { cause: error })
    throw new ProfileError(`No permission to signal process ${pid}: run as the user of that process`, { cause: error })
  }
}

/** SIGUSR1 ends a process that does not catch it; Node does. */
function checkNode(pid: number): void {
  if (process.platform !== 'linux') return
  const status = readOf(pid, 'status') ?? ''
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1]
  const name = /^Name:\s*(.*)/m.exec(status)?.[1] ?? ''
  const isNode =
    /\bnode/.test(name) || /\/(?:node|nodejs)[^/]*$/.test(programOf(pid)) || /libnode/.test(readOf(pid, 'maps') ?? '')
  if (!isNode) throw new ProfileError(`Process ${pid} is not Node: it is ${name || 'unknown'}`)
  if (caught !== undefined && (BigInt(`0x${caught}`) & sigusr1) === 0n)
    throw new ProfileError(
      `Process ${pid} does not take SIGUSR1, which opens the inspector (--disable-sigusr1): start it with --inspect=127.0.0.1:0`,
    )
}

function openInspector(pid: number): void {
  // Also where there are no signals: Node has a function for it, which it keeps for debuggers.
  const { _debugProcess: debugProcess } = process as { _debugProcess?: (pid: number) => void }
  try {
    if (debugProcess === undefined) process.kill(pid, 'SIGUSR1')
    else debugProcess.call(process, pid)
  } catch (cause) {
    throw new ProfileError(`Cannot open the inspector of process ${pid}: ${(cause as Error).message}`, { cause })
  }
}

/** `others`: ports of the app, which get no second request. */
async function inspectorOf(pid: number, others: ReadonlySet<number> = new Set()): Promise<string | undefined> {
  const ports = portsOf(pid).filter((port) => port === usualPort || !others.has(port))
  for (const port of ports.toSorted((a, b) => Number(b === usualPort) - Number(a === usualPort))) {
    for (const host of ['127.0.0.1', '[::1]']) {
      const url = await ask(`http://${host}:${port}/json/list`)
      if (url !== undefined) return url
    }
  }
  return undefined
}

async function ask(list: string): Promise<string | undefined> {
  try {
    const response = await fetch(list, { signal: AbortSignal.timeout(answerMs) })
    const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl?: string }[]
    return target?.webSocketDebuggerUrl
  } catch {
    return undefined
  }
}

/** The ports on which the process listens; the usual one where the system does not tell. */
function portsOf(pid: number): readonly number[] {
  if (process.platform !== 'linux') return [usualPort]
  try {
    const sockets = new Set(
      readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
        } catch {
          return undefined
        }
      }),
    )
    return ['tcp', 'tcp6'].flatMap((table) =>
      (readOf(pid, `net/${table}`) ?? '').split('\n').flatMap((line) => {
        // sl local_address rem_address st … inode; 0A is a listening socket.
        const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
        return state === '0A' && sockets.has(inode) ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : []
      }),
    )
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      throw new ProfileError(`No permission to look at process ${pid}: run as the user of that process`, { cause })
    return [usualPort]
  }
}

function readOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return ''
  }
}
