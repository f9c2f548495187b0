// A lock file beside a file that several processes change. It names its owner, so that the lock of a process that was killed is
// broken at once, and that of one that lives never. The wall clock has no part in it: it may jump.

import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, lstat, open, rename, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileError, readRegularFile } from '../runtime/regular-file.ts'
import { isSameProcess, startOf } from '../util/process-identity.ts'

const pollMs = 10
/** Longest wait for one owner that lives; writes take milliseconds. */
const aliveMs = 2000
/** Longest wait for others that take turns. */
const turnsMs = 10_000
/** An owner that cannot be asked (another machine or container, or a lock that is empty) counts as dead after this time. */
const unknownMs = 5000

export class LockHeldError extends Error {
  override readonly name = 'LockHeldError'
}

/** Who holds a lock. */
interface Owner {
  readonly pid: number
  /** The process of that number, not a later one; empty where the system does not tell. */
  readonly started: string
  /** Where the number means something: process numbers of another container are others. */
  readonly place: string
  /** Of this hold. */
  readonly id: string
}

export interface HeldLock {
  /** False: another process has broken the lock, because it took this process for dead. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/** Waits for the lock. Rejects with LockHeldError, or with an error of the system. */
export async function takeLock(path: string): Promise<HeldLock> {
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid), place: place(), id: randomUUID() })
  const startedAt = performance.now()
  /** What was read last, and since when. */
  let seen: string | undefined
  let seenAt = startedAt
  for (;;) {
    if (await create(path, own)) return held(path, own)
    const now = performance.now()
    const text = await contentOf(path)
    if (text !== seen) [seen, seenAt] = [text, now]
    if (text === undefined) continue
    const state = stateOf(text)
    if (state === 'dead' || (state === 'unknown' && now - seenAt > unknownMs)) await breakLock(path, text)
    else if (state === 'alive' && (now - seenAt > aliveMs || now - startedAt > turnsMs)) {
      throw new LockHeldError(`${path} is held by another process`)
    } else await sleep(pollMs)
  }
}

function held(path: string, own: string): HeldLock {
  const isHeld = async (): Promise<boolean> => (await contentOf(path)) === own
  return {
    isHeld,
    async release() {
      if (await isHeld()) await unlink(path).catch(() => {})
    },
  }
}

/** False: there is one. */
async function create(path: string, content: string): Promise<boolean> {
  let handle
  try {
    handle = await open(path, 'wx', 0o644)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await handle.writeFile(content)
    return true
  } catch (error) {
    await unlink(path).catch(() => {})
    throw error
  } finally {
    await handle.close()
  }
}

/** undefined: there is none any more. */
const contentOf = async (path: string): Promise<string | undefined> => {
  try {
    return new TextDecoder().decode(await readRegularFile(path, 'config'))
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'ENOENT')) throw error
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === true) {
      throw new LockHeldError(`${path} is a link to nothing: remove it`)
    }
    return undefined
  }
}

/** Removes the lock with this content, and no other: what was moved away by mistake comes back. */
async function breakLock(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await contentOf(aside)) !== content) await link(aside, path).catch(() => {})
  await unlink(aside).catch(() => {})
}

function stateOf(content: string): 'alive' | 'dead' | 'unknown' {
  let owner: Partial<Owner>
  try {
    owner = JSON.parse(content) as Partial<Owner>
  } catch {
    return 'unknown'
  }
  const { pid, started, place: ofOwner } = owner ?? {}
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || ofOwner !== place()) return 'unknown'
  return isSameProcess(pid, started) ? 'alive' : 'dead'
}

/** The boot and the process namespace; elsewhere the name of the machine. */
function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
