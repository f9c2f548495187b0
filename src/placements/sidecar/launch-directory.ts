// The private directory of a launched daemon, for its socket alone. The daemon removes it when its app is gone; what remains
// when both were killed is removed by a later launch.

import { mkdtempSync, rmSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SidelaneError } from '../../model/index.ts'
import { reasonOf } from '../../util/engine-files.ts'
import { notPermitted } from '../not-permitted.ts'
import { checkSocketPath, connectError, ownUid } from '../../util/socket-path.ts'
import { isAlive } from '../../util/process-identity.ts'

/** With the process id of the app. mkdtemp appends the rest. */
const prefix = `sidelane-launch-${process.pid}-`
const namePattern = /^sidelane-launch-(\d{1,10})-[A-Za-z0-9]{6}$/
const socketName = 's.sock'
/** A younger directory may belong to a daemon that does not listen yet. */
const minStaleMs = 60_000

export class LaunchDirectory {
  readonly socket: string
  readonly #path: string

  constructor() {
    this.#path = makeDirectory()
    this.socket = join(this.#path, socketName)
    if (paths.size === 0) process.on('exit', removeAll)
    paths.add(this.#path)
  }

  /** Deletes the directory itself. */
  destroy(): void {
    paths.delete(this.#path)
    if (paths.size === 0) process.off('exit', removeAll)
    remove(this.#path)
  }
}

/**
 * Where the directory may be: the temp directory, else other places for files of a running program. Containers often have
 * a read-only root and one or two of them.
 */
function parents(): Set<string> {
  const runtimeDir = process.env['XDG_RUNTIME_DIR']
  const others = [...(runtimeDir?.startsWith('/') ? [runtimeDir] : []), '/tmp', '/var/tmp', '/dev/shm']
  return new Set([tmpdir(), ...others])
}

/** Throws `engine.unavailable` when no place can be written to, or the path of each is too long for a socket. */
function makeDirectory(): string {
  const faults: { readonly parent: string; readonly error: unknown }[] = []
  for (const parent of parents()) {
    try {
      checkSocketPath(join(parent, `${prefix}XXXXXX`, socketName))
      // mkdtemp: mode 0700 and a random name.
      return mkdtempSync(join(parent, prefix))
    } catch (error) {
      faults.push({ parent, error })
    }
  }
  const denied = faults.map(({ error }) => notPermitted('Directories for sockets are', error))
  if (denied[0] !== undefined && !denied.includes(undefined)) throw denied[0]
  const reasons = faults.map(({ parent, error }) => `${parent}: ${reasonOf(error)}`)
  throw new SidelaneError('engine.unavailable', {
    message: `The socket of the daemon needs a directory that can be written to: set TMPDIR to one. ${reasons.join('; ')}`,
    cause: faults[0]?.error,
  })
}

/** All share one exit listener: Node warns of a leak beyond ten. */
const paths = new Set<string>()
const removeAll = (): void => paths.forEach(remove)

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Removes the directories of this user whose app is dead and where no daemon answers. */
export async function removeStale(): Promise<void> {
  for (const parent of parents()) {
    for (const name of await readdir(parent).catch(() => [])) {
      const owner = namePattern.exec(name)?.[1]
      const path = join(parent, name)
      if (owner === undefined || paths.has(path)) continue
      // Another process may remove it at the same time.
      await removeIfStale(path, Number(owner)).catch(() => {})
    }
  }
}

async function removeIfStale(path: string, owner: number): Promise<void> {
  // lstat: another user could have made a link to a directory of this user.
  const stats = await lstat(path)
  const isPrivate = stats.isDirectory() && stats.uid === ownUid() && (stats.mode & 0o777) === 0o700
  if (!isPrivate || Date.now() - stats.mtimeMs < minStaleMs || isAlive(owner)) return
  // An app in another container that shares the temp directory has no process id here, but its daemon listens.
  if (!(await isListening(join(path, socketName)))) await rm(path, { recursive: true, force: true })
}

async function isListening(socketPath: string): Promise<boolean> {
  // Any other error, such as a full backlog, comes from a listener.
  const error = await connectError(connect(socketPath).unref())
  return error?.code !== 'ENOENT' && error?.code !== 'ECONNREFUSED'
}
