// The private directory of a launched daemon: its socket, and the locks, dictionaries and keys that it reads. A contract gets
// to a running daemon by a file and a reload, one reload at a time, so that each answer of the daemon is about known contracts.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract, KeyedContract } from '../../model/index.ts'
import { connectError } from '../../util/socket-path.ts'
import { lockText } from '../../contract/index.ts'

const prefix = 'sidelane-launch-'
const socketName = 's.sock'
/** A younger directory may belong to a daemon that does not listen yet. */
const minStaleMs = 60_000

export interface LaunchContract extends KeyedContract {
  /** The placement's own number of the contract. */
  readonly number: number
}

export interface LaunchEvents {
  /** The daemon serves these contracts. `reloaded`: they were added to a running daemon. */
  readonly onServed: (contracts: readonly LaunchContract[], reloaded: boolean) => void
  /** The daemon cannot serve this contract; it serves those from before. */
  readonly onRefused: (contract: LaunchContract, message: string) => void
}

export class LaunchDirectory {
  readonly path: string
  readonly socket: string
  readonly #events: LaunchEvents
  readonly #reload: () => void
  /** Not written yet. */
  #queued: LaunchContract[] = []
  /** Written, without an answer of the daemon. */
  #pending: LaunchContract[] = []
  #isRunning = false
  /** One of several contracts was refused; reloading them one by one shows which. */
  #oneByOne = false

  /** `reload` makes the daemon read the directory. */
  constructor(events: LaunchEvents, reload: () => void) {
    this.#events = events
    this.#reload = reload
    // mkdtemp: mode 0700 and a random name.
    this.path = mkdtempSync(join(tmpdir(), prefix))
    this.socket = join(this.path, socketName)
    if (paths.size === 0) process.on('exit', removeAll)
    paths.add(this.path)
  }

  add(contract: LaunchContract): void {
    this.#queued.push(contract)
    // One reload for all contracts of this turn.
    if (this.#isRunning && this.#queued.length === 1) setImmediate(() => this.#next())
  }

  /** The daemon is about to start, and reads the directory then. */
  onStarting(): void {
    this.#isRunning = false
    this.#pending.push(...this.#queued.splice(0))
    for (const contract of this.#pending) this.#write(contract)
  }

  onStarted(): void {
    this.#isRunning = true
    this.#onSuccess(false)
  }

  /** The daemon reloaded, or could not because of `failure`. */
  onReloaded(failure: string | undefined): void {
    const pending = this.#pending
    if (failure === undefined) return this.#onSuccess(true)
    this.#pending = []
    for (const contract of pending) this.#delete(contract)
    const [only] = pending
    if (pending.length === 1 && only !== undefined) this.#events.onRefused(only, failure)
    else {
      this.#queued.unshift(...pending)
      this.#oneByOne = true
    }
    this.#next()
  }

  #onSuccess(reloaded: boolean): void {
    const pending = this.#pending
    this.#pending = []
    this.#events.onServed(pending, reloaded)
    this.#next()
  }

  #next(): void {
    if (!this.#isRunning || this.#pending.length > 0) return
    if (this.#queued.length === 0) {
      this.#oneByOne = false
      return
    }
    this.#pending = this.#queued.splice(0, this.#oneByOne ? 1 : this.#queued.length)
    for (const contract of this.#pending) this.#write(contract)
    this.#reload()
  }

  /** Deletes the directory itself. */
  destroy(): void {
    paths.delete(this.path)
    if (paths.size === 0) process.off('exit', removeAll)
    remove(this.path)
  }

  #write({ contract, digestKey }: LaunchContract): void {
    const { lock, dictionary } = contract
    const name = fileName(contract)
    // The dictionary gets the file name of this directory; its path is not part of the contract's id.
    const named = lock.dictionary && { dictionary: { ...lock.dictionary, path: `${name}.dict` } }
    if (dictionary !== undefined) this.#writeFile(`${name}.dict`, dictionary)
    if (digestKey !== undefined) this.#writeFile(`${name}.key`, digestKey)
    this.#writeFile(`${name}.lock.json`, lockText({ ...lock, ...named }))
  }

  #delete({ contract }: LaunchContract): void {
    for (const suffix of ['dict', 'key', 'lock.json']) {
      rmSync(join(this.path, `${fileName(contract)}.${suffix}`), { force: true })
    }
  }

  /** Atomic: the daemon may be reading. */
  #writeFile(name: string, content: Uint8Array | string): void {
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
async function isListening(socketPath: string): Promise<boolean> {
  // Any other error, such as a full backlog, comes from a listener.
  const error = await connectError(connect(socketPath).unref())
  return error?.code !== 'ENOENT' && error?.code !== 'ECONNREFUSED'
}
