// Where the socket is, and whether its place can be trusted: the same for the client, the Node daemon and the command
// line. Nothing is bound or connected here.

import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SidelaneError } from '../model/index.ts'

/** What fits into the system's address of a Unix socket, without the closing zero. */
const maxSocketPathBytes: number = process.platform === 'darwin' ? 103 : 107

const ownerOnly = 0o700

/** `$XDG_RUNTIME_DIR/sidelane/sidelane.sock`, else `sidelane-UID/sidelane.sock` in the temp directory. */
export function defaultSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const runtimeDir = env['XDG_RUNTIME_DIR']
  // The variable counts only as an absolute path, says its specification.
  const directory = runtimeDir?.startsWith('/') ? join(runtimeDir, 'sidelane') : join(tmpdir(), `sidelane-${ownUid()}`)
  return join(directory, 'sidelane.sock')
}

/** Throws `options.invalid` for a path that the system would cut, which Node does in silence. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > maxSocketPathBytes) {
    throw invalid(`The path of a socket takes at most ${maxSocketPathBytes} bytes, and \`${path}\` has ${bytes}.`)
  }
}

/** Makes the directory of a default path where it is missing. Throws as `checkOwnDirectory` does. */
export function makeOwnDirectory(path: string): void {
  const directory = dirname(path)
  try {
    mkdirSync(directory, { mode: ownerOnly })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw invalid(`The directory \`${directory}\` cannot be made.`, cause)
    }
  }
  checkOwnDirectory(path)
}

/**
 * Throws `options.invalid` unless the directory of a default path is a directory, ours, and nobody else's to look into.
 * One that is missing throws nothing: there is no daemon then.
 */
export function checkOwnDirectory(path: string): void {
  const directory = dirname(path)
  // Not through a link: whoever made it could turn it elsewhere later.
  const stats = lstatSync(directory, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isDirectory()) throw invalid(`\`${directory}\` is not a directory.`)
  if (stats.uid !== ownUid()) throw invalid(`The directory \`${directory}\` belongs to uid ${stats.uid}, not to us.`)
  const mode = stats.mode & 0o777
  if (mode !== ownerOnly) {
    throw invalid(`The directory \`${directory}\` must have mode 0700, and has 0${mode.toString(8)}.`)
  }
}

const ownUid = (): number => process.getuid?.() ?? 0

const invalid = (message: string, cause?: unknown): SidelaneError =>
  new SidelaneError('options.invalid', { message, ...(cause !== undefined && { cause }) })
