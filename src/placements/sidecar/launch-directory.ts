// The private directory of a launched daemon: its socket, and the locks and keys that it reads.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract } from '../../model/index.ts'
import type { Addition } from './reload-queue.ts'

const prefix = 'sidelane-launch-'
const socketName = 's.sock'
/** One that is younger may be about to be used. */
const leftAfterMs = 60_000

export class LockFolder {
  readonly path: string
  readonly socket: string

  constructor() {
    // Mode 0700, and a name that nobody can guess.
    this.path = mkdtempSync(join(tmpdir(), prefix))
    this.socket = join(this.path, socketName)
    if (paths.size === 0) process.on('exit', removeAll)
    paths.add(this.path)
  }

  write({ contract, digestKey }: Addition): void {
    const { lock, dictionary } = contract
    const base = baseOf(contract)
    // Under a name that only this folder has; the path is no part of the id.
    const named = lock.dictionary && { dictionary: { ...lock.dictionary, path: `${base}.dict` } }
    if (dictionary !== undefined) this.#put(`${base}.dict`, dictionary)
    if (digestKey !== undefined) this.#put(`${base}.key`, digestKey)
    this.#put(`${base}.lock.json`, JSON.stringify({ ...lock, ...named }))
  }

  remove({ contract }: Addition): void {
    for (const end of ['dict', 'key', 'lock.json'])
      rmSync(join(this.path, `${baseOf(contract)}.${end}`), { force: true })
  }

  /** The folder itself. */
  destroy(): void {
    paths.delete(this.path)
    if (paths.size === 0) process.off('exit', removeAll)
    remove(this.path)
  }

  /** Whole or not at all: the daemon may be reading. */
  #put(name: string, content: Uint8Array | string): void {
    const temporary = join(this.path, `.${name}`)
    writeFileSync(temporary, content, { mode: 0o600 })
    renameSync(temporary, join(this.path, name))
  }
}

/** One listener for all of them: Node takes more than a few for a leak. */
const paths = new Set<string>()
const removeAll = (): void => paths.forEach(remove)

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

const baseOf = ({ name, id }: Contract): string => `${name}-${id.slice(0, 8)}`

/** Removes what apps left behind that were killed: directories of our own where no daemon answers. */
export async function removeLeft(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(prefix) || paths.has(path)) continue
    // Whoever removes it at the same time is welcome.
    await removeIfLeft(path).catch(() => {})
  }
}

async function removeIfLeft(path: string): Promise<void> {
  const { uid, mtimeMs } = await lstat(path)
  if (uid !== process.getuid?.() || Date.now() - mtimeMs < leftAfterMs) return
  if (!(await answers(join(path, socketName)))) await rm(path, { recursive: true, force: true })
}

/** Process ids would not do: they mean nothing in another container that shares the directory. */
const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(socket)
    probe.unref()
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    // Too busy is an answer too.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ENOENT' && code !== 'ECONNREFUSED'))
  })
