// The socket file: bound under a temporary name, published when it listens, watched, and deleted only while it is ours.

import { randomInt } from 'node:crypto'
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, statSync, unlinkSync, type Stats } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { socketTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate, type TemplateValues } from '../util/fill-template.ts'
import { makeOwnDirectory } from '../util/socket-path.ts'
import type { Place } from './config/settings.ts'

const backlog = 511
const watchMs = 1000
/** Closing a listener resets its backlog, so it accepts for this long after another daemon has taken the path. */
const lastAcceptsMs = 1000

/** The socket cannot be used. */
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
  const before = await pathState(place.path)
  if (before === 'alive' && !options.takeover) {
    throw failure(texts.inUse, { path: place.path })
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
  /** The path, for the log. */
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
    if (file !== undefined) this.#watch = setInterval(() => void this.#checkPath(file), watchMs).unref()
  }

  /** Stops accepting, and deletes the file if it is still ours. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#watch)
    clearTimeout(this.#retiring)
    const file = this.#file
    if (file !== undefined && same(statOf(file.path), file.identity)) remove(file.path)
    this.#server.close()
  }

  async #checkPath(file: Published): Promise<void> {
    const there = statOf(file.path)
    if (same(there, file.identity)) return
    if (there !== undefined) return this.#retire()
    clearInterval(this.#watch)
    await this.#republish(file)
    if (!this.#closed) this.#watch = setInterval(() => void this.#checkPath(file), watchMs).unref()
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
      // The old listener has no name any more; the connections in its backlog are accepted first.
      const old = this.#server
      this.#server = server
      setTimeout(() => old.close(), lastAcceptsMs).unref()
      this.#lost = false
      this.#options.republished()
    } catch (error) {
      server.close()
      if (!this.#lost) this.#options.warning(fillTemplate(texts.cannotRepublish, { reason: messageOf(error) }))
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
  // A client that ends its writing side still gets its answers.
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
  const temporary = await bindTemporary(server, path)
  try {
    chmodSync(temporary, mode)
    if (group !== undefined) chownSync(temporary, -1, group)
    const identity = lstatSync(temporary)
    if (how === 'replace') renameSync(temporary, path)
    else {
      // Fails if another daemon was faster.
      linkSync(temporary, path)
      unlinkSync(temporary)
    }
    return identity
  } catch (error) {
    server.close()
    remove(temporary)
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw failure(texts.lostRace, { path })
    throw failure(texts.cannotPublish, { path, reason: messageOf(error) }, error)
  }
}

async function bindTemporary(server: Server, path: string): Promise<string> {
  const name = basename(path)
  for (let tries = 1; ; tries++) {
    // No longer than the name, so that the path is not truncated.
    const temporaryName = randomName(Math.min(12, name.length))
    // A short random name may equal the name itself.
    if (temporaryName === name) continue
    const temporary = join(dirname(path), temporaryName)
    // No other user may connect between bind and chmod.
    const umask = process.umask(0o177)
    try {
      await begin(server, () => {
        try {
          server.listen({ path: temporary, backlog })
        } finally {
          process.umask(umask)
        }
      })
      return temporary
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries >= 10) {
        throw failure(texts.cannotBind, { path, reason: messageOf(error) }, error)
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
async function pathState(path: string): Promise<'nothing' | 'stale' | 'alive'> {
  const stats = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }))
  if (stats === undefined) return 'nothing'
  if (!stats.isSocket()) throw failure(texts.notASocket, { path })
  if (stats.uid !== process.getuid?.()) throw failure(texts.foreignSocket, { path, uid: stats.uid })
  return probe(path)
}

const probe = (path: string): Promise<'nothing' | 'stale' | 'alive'> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('stale')
      else if (error.code === 'ENOENT') resolve('nothing')
      // The backlog is full, so a daemon listens.
      else if (error.code === 'EAGAIN') resolve('alive')
      else reject(failure(texts.cannotProbe, { path, reason: messageOf(error) }, error))
    })
  })

function checkParent(path: string): void {
  const directory = dirname(path)
  const stats = attempt(path, () => statSync(directory, { throwIfNoEntry: false }))
  if (stats === undefined) throw failure(texts.noParent, { directory })
  if (!stats.isDirectory()) throw failure(texts.parentNotADirectory, { directory })
  const othersWrite = (stats.mode & 0o002) !== 0
  const sticky = (stats.mode & 0o1000) !== 0
  if (othersWrite && !sticky) throw failure(texts.othersMayWrite, { directory })
}

function attempt<T>(path: string, look: () => T): T {
  try {
    return look()
  } catch (error) {
    throw failure(texts.cannotUse, { path, reason: messageOf(error) }, error)
  }
}

function statOf(path: string): Stats | undefined {
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
    // The file or its directory is gone already.
  }
}

const same = (a: Identity | undefined, b: Identity): boolean => a !== undefined && a.dev === b.dev && a.ino === b.ino

const failure = <const T extends string>(template: T, values: TemplateValues<T>, cause?: unknown): ListenError =>
  new ListenError(fillTemplate(template, values), cause === undefined ? undefined : { cause })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
