// The socket file: bound under a temporary name, published when it listens, watched, and deleted only if it still belongs
// to this daemon. What is spoken over a connection is not here.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, unlinkSync, type Stats } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { socketTexts as texts } from '../tables/daemon-texts.ts'
import { errorText } from '../util/error-text.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { connectError, makeOwnDirectory, ownUid } from '../util/socket-path.ts'
import type { Place } from './config/settings.ts'
import { attempt, failure, ListenError } from './listen-error.ts'
import { checkParents } from './socket-parents.ts'

const backlog = 511
const watchMs = 1000
/** Closing a listener resets the connections in its backlog, so it accepts for this time after another daemon took the path. */
const backlogGraceMs = 1000

export interface ListenerOptions {
  readonly place: Place
  readonly takeover: boolean
  /** The directory may be open to others. */
  readonly allowOpenDirectory: boolean
  readonly mode: number
  readonly group: number | undefined
  readonly onEvent: (event: ListenerEvent) => void
}

export type ListenerEvent =
  /** The socket may half-close, and nothing has been read from it. */
  | { readonly kind: 'connection'; readonly socket: Socket }
  /** The file was deleted, or was a socket without a listener, and is published again. */
  | { readonly kind: 'republished' }
  /** The file cannot be published again. */
  | { readonly kind: 'warning'; readonly message: string }
  /** Another daemon has the path. */
  | { readonly kind: 'taken_over' }
  /** The listener has closed after a takeover. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'accept_failed'; readonly error: NodeJS.ErrnoException }

/** Device and inode identify a file, whatever its name. */
type Identity = Pick<Stats, 'dev' | 'ino'>

/** What is at a path. `stale`: a socket without a listener. */
type PathState = 'free' | 'stale' | 'alive'

/** Rejects with ListenError. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { place } = options
  if (place.kind === 'descriptor') {
    const server = newServer(options)
    await inherit(server, place.descriptor)
    return new Listener(options, server, undefined)
  }
  if (place.isDefault) attempt(place.path, () => makeOwnDirectory(place.path))
  checkParents(place.path, options.allowOpenDirectory)
  const state = await pathState(place.path)
  if (state === 'alive' && !options.takeover) {
    throw failure(texts.inUse, { path: place.path })
  }
  const server = newServer(options)
  const identity = await publish(server, place.path, state === 'free' ? 'new' : 'replace', options)
  return new Listener(options, server, { path: place.path, identity })
}

interface SocketFile {
  readonly path: string
  identity: Identity
}

export class Listener {
  readonly #options: ListenerOptions
  readonly #file: SocketFile | undefined
  #server: Server
  #watchTimer: NodeJS.Timeout | undefined
  #closeTimer: NodeJS.Timeout | undefined
  #isLost = false
  #isRemoved = false

  constructor(options: ListenerOptions, server: Server, file: SocketFile | undefined) {
    this.#options = options
    this.#server = server
    this.#file = file
    if (file !== undefined) this.#watchTimer = setInterval(() => void this.#checkFile(file), watchMs).unref()
  }

  /** Deletes the file if it still belongs to this daemon. What is in the backlog is accepted; nothing comes to it any more. */
  removeFile(): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    clearInterval(this.#watchTimer)
    const file = this.#file
    if (file !== undefined && isSame(fileAt(file.path), file.identity)) remove(file.path)
  }

  /** Stops accepting too. */
  close(): void {
    this.removeFile()
    clearTimeout(this.#closeTimer)
    this.#server.close()
  }

  async #checkFile(file: SocketFile): Promise<void> {
    const current = fileAt(file.path)
    if (isSame(current, file.identity)) return
    clearInterval(this.#watchTimer)
    if (current === undefined) await this.#republish(file, 'new')
    // The daemon that took over has died: if this one left too, no daemon would serve the path.
    else if (await isStale(file.path)) await this.#republish(file, 'replace')
    else return this.#onTakeover()
    if (!this.#isRemoved) this.#watchTimer = setInterval(() => void this.#checkFile(file), watchMs).unref()
  }

  async #republish(file: SocketFile, how: 'new' | 'replace'): Promise<void> {
    const server = newServer(this.#options)
    try {
      const identity = await publish(server, file.path, how, this.#options)
      if (this.#isRemoved) {
        remove(file.path)
        server.close()
        return
      }
      file.identity = identity
      // The old listener has no path; it still accepts the connections in its backlog.
      const old = this.#server
      this.#server = server
      setTimeout(() => old.close(), backlogGraceMs).unref()
      this.#isLost = false
      this.#options.onEvent({ kind: 'republished' })
    } catch (error) {
      server.close()
      const message = fillTemplate(texts.cannotRepublish, { reason: errorText(error) })
      if (!this.#isLost) this.#options.onEvent({ kind: 'warning', message })
      this.#isLost = true
    }
  }

  #onTakeover(): void {
    if (this.#isRemoved) return
    this.#options.onEvent({ kind: 'taken_over' })
    this.#closeTimer = setTimeout(() => {
      this.close()
      this.#options.onEvent({ kind: 'closed' })
    }, backlogGraceMs)
  }
}

function newServer({ onEvent }: ListenerOptions): Server {
  // A client that ends its writing side still reads its answers.
  const server = createServer({ allowHalfOpen: true }, (socket) => onEvent({ kind: 'connection', socket }))
  server.on('error', (error) => {
    if (server.listening) onEvent({ kind: 'accept_failed', error })
  })
  return server
}

async function inherit(server: Server, descriptor: number): Promise<void> {
  try {
    await listening(server, () => server.listen({ fd: descriptor, backlog }))
  } catch (error) {
    throw failure(texts.cannotInherit, { reason: errorText(error) }, error)
  }
  // That of a TCP socket: over a network there is nothing that decides who may connect.
  if (server.address() === null) return
  server.close()
  throw failure(texts.cannotInherit, { reason: texts.notUnixStream })
}

/** Binds under a temporary name, sets mode and group, and gives the file its name. */
async function publish(
  server: Server,
  path: string,
  how: 'new' | 'replace',
  { mode, group, allowOpenDirectory }: ListenerOptions,
): Promise<Identity> {
  const temporary = await bindTemporary(server, path)
  try {
    chmodSync(temporary, mode)
    if (group !== undefined) chownSync(temporary, -1, group)
    const identity = lstatSync(temporary)
    // Again: the daemon may have waited for the old one's answer, or run for months.
    checkParents(path, allowOpenDirectory)
    if (how === 'replace') renameSync(temporary, path)
    else {
      // Fails if the path exists by now.
      linkSync(temporary, path)
      unlinkSync(temporary)
    }
    return identity
  } catch (error) {
    server.close()
    remove(temporary)
    if (error instanceof ListenError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw failure(texts.lostRace, { path })
    throw failure(texts.cannotPublish, { path, reason: errorText(error) }, error)
  }
}

async function bindTemporary(server: Server, path: string): Promise<string> {
  const name = basename(path)
  for (let tries = 1; ; tries++) {
    // At most as long as the name itself: a socket path has a maximum length.
    const temporaryName = randomName(Math.min(12, name.length))
    // Likely for a name of one letter.
    if (temporaryName === name) continue
    const temporary = join(dirname(path), temporaryName)
    // No other user may connect between bind and chmod.
    const umask = process.umask(0o177)
    try {
      await listening(server, () => {
        try {
          server.listen({ path: temporary, backlog })
        } finally {
          process.umask(umask)
        }
      })
      return temporary
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries >= 10) {
        throw failure(texts.cannotBind, { path, reason: errorText(error) }, error)
      }
    }
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const randomName = (length: number): string => Array.from({ length }, () => letters[randomInt(letters.length)]).join('')

async function listening(server: Server, start: () => void): Promise<void> {
  const isListening = once(server, 'listening')
  start()
  await isListening
}

/** Throws ListenError if there is anything but a socket of this user. */
async function pathState(path: string): Promise<PathState> {
  const stats = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }))
  if (stats === undefined) return 'free'
  if (!stats.isSocket()) throw failure(texts.notSocket, { path })
  if (stats.uid !== ownUid()) {
    throw failure(texts.foreignSocket, { path, uid: stats.uid })
  }
  const error = await connectError(connect(path))
  if (error?.code === 'ECONNREFUSED') return 'stale'
  if (error?.code === 'ENOENT') return 'free'
  // EAGAIN: the backlog of a listener is full.
  if (error === undefined || error.code === 'EAGAIN') return 'alive'
  throw failure(texts.cannotProbe, { path, reason: errorText(error) }, error)
}

const isStale = (path: string): Promise<boolean> =>
  pathState(path).then(
    (state) => state === 'stale',
    () => false,
  )

function fileAt(path: string): Stats | undefined {
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
    // The file or its directory does not exist.
  }
}

const isSame = (a: Identity | undefined, b: Identity): boolean => a !== undefined && a.dev === b.dev && a.ino === b.ino
