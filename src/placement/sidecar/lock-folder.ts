// The private directory of a launched daemon: its socket, and the locks and keys that it reads.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract } from '../../contract/index.ts'
import type { Addition } from './reloads.ts'

export class LockFolder {
  readonly path: string
  readonly socket: string

  constructor() {
    // Mode 0700, and a name that nobody can guess.
    this.path = mkdtempSync(join(tmpdir(), 'sidelane-'))
    this.socket = join(this.path, 's.sock')
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
