// The private directory of a launched daemon: its socket, and the locks, dictionaries and keys that it reads.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract } from '../../model/index.ts'

const prefix = 'sidelane-launch-'
const socketName = 's.sock'
/** A younger directory may belong to a daemon that does not listen yet. */
const minStaleMs = 60_000

export interface LaunchContract {
  /** The placement's own number of the contract. */
  readonly number: number
  readonly contract: Contract
  readonly digestKey: Uint8Array | undefined
}

export class LaunchDirectory {
  readonly path: string
  readonly socket: string

  constructor() {
    // mkdtemp: mode 0700 and a random name.
    this.path = mkdtempSync(join(tmpdir(), prefix))
    this.socket = join(this.path, socketName)
    if (paths.size === 0) process.on('exit', removeAll)
    paths.add(this.path)
  }

  write({ contract, digestKey }: LaunchContract): void {
    const { lock, dictionary } = contract
    const name = fileName(contract)
    // The dictionary gets the file name of this directory; its path is not part of the contract's id.
    const named = lock.dictionary && { dictionary: { ...lock.dictionary, path: `${name}.dict` } }
    if (dictionary !== undefined) this.#write(`${name}.dict`, dictionary)
    if (digestKey !== undefined) this.#write(`${name}.key`, digestKey)
    this.#write(`${name}.lock.json`, JSON.stringify({ ...lock, ...named }))
  }

  delete({ contract }: LaunchContract): void {
    for (const suffix of ['dict', 'key', 'lock.json']) {
      rmSync(join(this.path, `${fileName(contract)}.${suffix}`), { force: true })
    }
  }

  /** Deletes the directory itself. */
  destroy(): void {
    paths.delete(this.path)
    if (paths.size === 0) process.off('exit', removeAll)
    remove(this.path)
  }

  /** Atomic: the daemon may be reading. */
  #write(name: string, content: Uint8Array | string): void {
    const temporary = join(this.path, `.${name}`)
    writeFileSync(temporary, content, { mode: 0o600 })
    renameSync(temporary, join(this.path, name))
  }
}

/** All share one exit listener: Node warns of a leak beyond ten. */
const paths = new Set<string>()
const removeAll = (): void => paths.forEach(remove)

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

const fileName = ({ name, id }: Contract): string => `${name}-${id.slice(0, 8)}`

/** Removes the directories of this user where no daemon answers: killed processes leave them behind. */
export async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(prefix) || paths.has(path)) continue
    // Another process may remove it at the same time.
    await removeIfStale(path).catch(() => {})
  }
}

async function removeIfStale(path: string): Promise<void> {
  const { uid, mtimeMs } = await lstat(path)
  if (uid !== process.getuid?.() || Date.now() - mtimeMs < minStaleMs) return
  if (!(await isListening(join(path, socketName)))) await rm(path, { recursive: true, force: true })
}

/** Connects instead of checking a process id, which means nothing in another container that shares the directory. */
const isListening = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.unref()
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Any other error, such as a full backlog, comes from a listener.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ENOENT' && code !== 'ECONNREFUSED'))
  })
