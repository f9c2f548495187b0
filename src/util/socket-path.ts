// The default socket path, and checks of a path and its directory, for the client, the Node daemon and the command line.
// Nothing is bound here.

import { lstatSync, mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SidelaneError } from '../model/index.ts'
import { socketTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate } from './fill-template.ts'

/** Size of `sun_path` without its closing zero. */
const maxSocketPathBytes: number = process.platform === 'darwin' ? 103 : 107

const ownerOnly = 0o700

/** `$XDG_RUNTIME_DIR/sidelane/sidelane.sock`, else `sidelane-UID/sidelane.sock` in the temp directory. */
export function defaultSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const runtimeDir = env['XDG_RUNTIME_DIR']
  // The XDG specification ignores a relative path.
  const directory = runtimeDir?.startsWith('/') ? join(runtimeDir, 'sidelane') : join(tmpdir(), `sidelane-${ownUid()}`)
  return join(directory, 'sidelane.sock')
}

/** Throws `options.invalid` for a path that is too long: Node truncates it without an error. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > maxSocketPathBytes) {
    throw invalid(fillTemplate(texts.pathTooLong, { limit: maxSocketPathBytes, path, bytes }))
  }
}

/** Creates the directory of a default path if it is missing. Throws as `checkOwnDirectory` does. */
export function makeOwnDirectory(path: string): void {
  const directory = dirname(path)
  try {
    mkdirSync(directory, { mode: ownerOnly })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw invalid(fillTemplate(texts.cannotMakeDirectory, { directory, reason: message }), cause)
  }
  checkOwnDirectory(path)
}

/**
 * Throws `options.invalid` unless the directory of a default path is a directory that belongs to this user, with mode 0700.
 * A missing directory is no error: no daemon runs then.
 */
export function checkOwnDirectory(path: string): void {
  const directory = dirname(path)
  // lstat: the owner of a link could change its target later.
  const stats = lstatSync(directory, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isDirectory()) throw invalid(fillTemplate(texts.notDirectory, { directory }))
  if (stats.uid !== ownUid()) throw invalid(fillTemplate(texts.foreignDirectory, { directory, uid: stats.uid }))
  const mode = stats.mode & 0o777
  if (mode !== ownerOnly) {
    throw invalid(fillTemplate(texts.openDirectory, { directory, mode: mode.toString(8) }))
  }
}

/** Waits for a connection attempt and closes the connection: its error, or undefined when there is a listener. */
export const connectError = (socket: Socket): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    socket.once('error', resolve).once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
  })

/** The effective one: the owner of what this process creates. 0 on Windows, as in its file stats. */
export const ownUid = (): number => process.geteuid?.() ?? 0

const invalid = (message: string, cause?: unknown): SidelaneError =>
  new SidelaneError('options.invalid', { message, cause })
