// The socket file: bound under a name of its own, published when it listens, watched, and deleted only while it is ours.
// What speaks over a connection is not here.

import { randomInt } from 'node:crypto'
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, statSync, unlinkSync, type Stats } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { makeOwnDirectory } from '../util/socket-path.ts'
import type { Place } from './config/settings.ts'

const backlog = 511
const watchMs = 1000
/** Closing a listener resets what waits in its backlog: it goes on for that long after another has the path. */
const lastAcceptsMs = 1000

/** It cannot listen there. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

export interface ListenerOptions {
  readonly place: Place
  readonly takeover: boolean
  readonly mode: number
  readonly group: number | undefined
  /** May half-close, and has not been read from. */
  readonly accept: (socket: Socket) => void
  readonly republished: () => void
  /** Another daemon has the path. */
  readonly takenOver: () => void
  /** The listener has closed after that: time to drain. */
  readonly retired: () => void
  readonly acceptFailed: (error: NodeJS.ErrnoException) => void
  readonly warning: (message: string) => void
}

/** The device and inode that say whose a file is. */
type Identity = Pick<Stats, 'dev' | 'ino'>

/** Rejects with ListenError. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { place } = options
  if (place.kind === 'descriptor') {
    const server = newServer(options)
    await begin(server, () => server.listen({ fd: place.descriptor, backlog }))
    return new Listener(options, server, undefined)
  }
  if (place.isDefault) attempt(place.path, () => makeOwnDirectory(place.path))
  checkParent(place.path)
  const before = await occupant(place.path)
  if (before === 'alive' && !options.takeover) {
    throw new ListenError(`${place.path} is in use: a daemon answers there. With --takeover it is replaced`)
  }
  const server = newServer(options)
  const file = await publish(server, place.path, before === 'nothing' ? 'new' : 'replace', options)
  return new Listener(options, server, { path: place.path, identity: file })
}

interface Published {
  readonly path: string
  identity: Identity
}

export class Listener {
  /** Where clients find it, for the log. */
  readonly name: string
  readonly #options: ListenerOptions
  readonly #file: Published | undefined
  #server: Server
  #watch: NodeJS.Timeout | undefined
  #retiring: NodeJS.Timeout | undefined
  #lost = false
  #closed = false

  constructor(options: ListenerOptions, server: Server, file: Published | undefined) {
    this.#options = options
    this.#server = server
    this.#file = file
    this.name = file?.path ?? 'LISTEN_FDS'
    if (file !== undefined) this.#watch = setInterval(() => void this.#look(file), watchMs).unref()
  }

  /** Accepts nothing more, and deletes the file if it is still ours. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#watch)
    clearTimeout(this.#retiring)
    const file = this.#file
    if (file !== undefined && same(look(file.path), file.identity)) remove(file.path)
    this.#server.close()
  }

  async #look(file: Published): Promise<void> {
    const there = look(file.path)
    if (same(there, file.identity)) return
    if (there !== undefined) return this.#retire()
    clearInterval(this.#watch)
    await this.#republish(file)
    if (!this.#closed) this.#watch = setInterval(() => void this.#look(file), watchMs).unref()
  }

  async #republish(file: Published): Promise<void> {
    const server = newServer(this.#options)
    try {
      const identity = await publish(server, file.path, 'new', this.#options)
      if (this.#closed) {
        remove(file.path)
        server.close()
        return
      }
      file.identity = identity
      // Nobody finds the old one any more; who waits in its backlog is let in first.
      const old = this.#server
      this.#server = server
      setTimeout(() => old.close(), lastAcceptsMs).unref()
      this.#lost = false
      this.#options.republished()
    } catch (error) {
      server.close()
      if (!this.#lost) this.#options.warning(`The socket is gone and cannot be published again: ${messageOf(error)}`)
      this.#lost = true
    }
  }

  #retire(): void {
    if (this.#retiring !== undefined) return
    clearInterval(this.#watch)
    this.#options.takenOver()
    this.#retiring = setTimeout(() => {
      this.close()
      this.#options.retired()
    }, lastAcceptsMs)
  }
}

function newServer({ accept, acceptFailed }: ListenerOptions): Server {
  // A client may end its writing side and still wants its answers.
  const server = createServer({ allowHalfOpen: true }, accept)
  server.on('error', (error) => {
    if (server.listening) acceptFailed(error)
  })
  return server
}

/** Binds beside the path, sets mode and group, and gives it its name. */
async function publish(
  server: Server,
  path: string,
  how: 'new' | 'replace',
  { mode, group }: ListenerOptions,
): Promise<Identity> {
  const draft = await bindDraft(server, path)
  try {
    chmodSync(draft, mode)
    if (group !== undefined) chownSync(draft, -1, group)
    const identity = lstatSync(draft)
    if (how === 'replace') renameSync(draft, path)
    else {
      // Fails if someone was faster.
      linkSync(draft, path)
      unlinkSync(draft)
    }
    return identity
  } catch (error) {
    server.close()
    remove(draft)
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new ListenError(`${path} is in use: another daemon was faster`)
    throw new ListenError(`Cannot publish ${path}: ${messageOf(error)}`, { cause: error })
  }
}

async function bindDraft(server: Server, path: string): Promise<string> {
  const name = basename(path)
  for (let tries = 1; ; tries++) {
    // No longer than the path: the system would cut it.
    const draftName = randomName(Math.min(12, name.length))
    // A short name is soon met by chance.
    if (draftName === name) continue
    const draft = join(dirname(path), draftName)
    // Nobody may connect between bind and chmod.
    const umask = process.umask(0o177)
    try {
      await begin(server, () => {
        try {
          server.listen({ path: draft, backlog })
        } finally {
          process.umask(umask)
        }
      })
      return draft
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries >= 10) {
        throw new ListenError(`Cannot listen beside ${path}: ${messageOf(error)}`, { cause: error })
      }
    }
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const randomName = (length: number): string => Array.from({ length }, () => letters[randomInt(letters.length)]).join('')

const begin = (server: Server, start: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
    start()
    server.once('listening', () => server.off('error', reject))
  })

/** Throws ListenError for anything but a socket of ours. */
async function occupant(path: string): Promise<'nothing' | 'stale' | 'alive'> {
  const stats = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }))
  if (stats === undefined) return 'nothing'
  if (!stats.isSocket()) throw new ListenError(`${path} is not a socket; it is left as it is`)
  if (stats.uid !== process.getuid?.()) {
    throw new ListenError(`${path} is a socket of uid ${stats.uid}, not ours; it is left as it is`)
  }
  return knock(path)
}

const knock = (path: string): Promise<'nothing' | 'stale' | 'alive'> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('stale')
      else if (error.code === 'ENOENT') resolve('nothing')
      // A full backlog is somebody's.
      else if (error.code === 'EAGAIN') resolve('alive')
      else reject(new ListenError(`Cannot tell who has ${path}: ${messageOf(error)}`, { cause: error }))
    })
  })

function checkParent(path: string): void {
  const directory = dirname(path)
  const stats = attempt(path, () => statSync(directory, { throwIfNoEntry: false }))
  if (stats === undefined) throw new ListenError(`There is no directory ${directory}`)
  if (!stats.isDirectory()) throw new ListenError(`${directory} is not a directory`)
  const othersWrite = (stats.mode & 0o002) !== 0
  const sticky = (stats.mode & 0o1000) !== 0
  if (othersWrite && !sticky) throw new ListenError(`Others may write to ${directory}: they could replace the socket`)
}

function attempt<T>(path: string, look: () => T): T {
  try {
    return look()
  } catch (error) {
    throw new ListenError(`Cannot use ${path}: ${messageOf(error)}`, { cause: error })
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Gone already, or its directory is.
  }
}

const same = (a: Identity | undefined, b: Identity): boolean => a !== undefined && a.dev === b.dev && a.ino === b.ino

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
