// Reads a file that an operator or a lock names. It must be a regular file within the bound of its kind: opening a FIFO or a
// device may block or have effects, and /dev/zero and sparse files do not end. native/daemon/src/regular_file.rs is the twin.

import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { constants as systemConstants } from 'node:os'
import { fileKinds, fileTexts as texts, fileTypes, type FileKind } from '../tables/file-kinds.ts'
import { deniedFlag } from '../util/deno-permission.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { missingFlag } from '../util/node-permission.ts'

/** libuv adds O_CLOEXEC. Windows has neither flag, nor files that block. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** What the first read takes of a file whose size is unknown, such as those of /proc. */
const chunkBytes = 65_536

export type FileErrorCode = 'not_regular' | 'too_large' | (string & {})

/** A file that cannot be read. The message names the file, and holds no part of its content. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly path: string
  /** `not_regular`, `too_large`, or the name of the system's error, such as `ENOENT`. */
  readonly code: FileErrorCode
  /** The message without kind and path. */
  readonly reason: string

  constructor(file: string | URL, kind: FileKind, code: FileErrorCode, reason: string, options?: ErrorOptions) {
    const path = String(file)
    super(fillTemplate(texts.cannotRead, { kind: fileKinds[kind].title, path, reason }), options)
    this.path = path
    this.code = code
    this.reason = reason
  }
}

/** Blocks while the disk works. Throws FileError. */
export const readRegularFileSync = (file: string | URL, kind: FileKind): Uint8Array =>
  attempt(file, kind, () => {
    const descriptor = openRegularFileSync(file, kind)
    try {
      const content = new Content(file, kind, fstatSync(descriptor))
      while (content.add(readSync(descriptor, content.space)));
      return content.bytes
    } finally {
      closeSync(descriptor)
    }
  })

/** A descriptor for a caller that bounds what it reads, and closes it. Throws FileError. */
export const openRegularFileSync = (file: string | URL, kind: FileKind): number =>
  attempt(file, kind, () => {
    checkType(file, kind, statSync(file))
    const descriptor = openSync(file, flags)
    try {
      // Again: another file may be at the path by now.
      checkType(file, kind, fstatSync(descriptor))
      return descriptor
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  })

/** On a thread of libuv. Rejects with FileError. */
export async function readRegularFile(file: string | URL, kind: FileKind): Promise<Uint8Array> {
  try {
    checkType(file, kind, await stat(file))
    const handle = await open(file, flags)
    try {
      const stats = await handle.stat()
      checkType(file, kind, stats)
      const content = new Content(file, kind, stats)
      while (content.add((await handle.read(content.space)).bytesRead));
      return content.bytes
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw toFileError(file, kind, error)
  }
}

/** The bytes read so far, with space for more. */
class Content {
  readonly #file: string | URL
  readonly #kind: FileKind
  #buffer: Uint8Array
  #length = 0

  /** Throws FileError above the bound, before anything is read. */
  constructor(file: string | URL, kind: FileKind, stats: Stats) {
    this.#file = file
    this.#kind = kind
    if (stats.size > fileKinds[kind].maxBytes) throw tooLarge(file, kind)
    // One byte more shows the end of the file. In /proc every size is 0.
    this.#buffer = new Uint8Array(stats.size === 0 ? chunkBytes : stats.size + 1)
  }

  get space(): Uint8Array {
    if (this.#length === this.#buffer.length) {
      const larger = new Uint8Array(Math.max(chunkBytes, 2 * this.#length))
      larger.set(this.#buffer)
      this.#buffer = larger
    }
    return this.#buffer.subarray(this.#length)
  }

  /** Counts the bytes of a read; false at the end of the file. Throws FileError above the bound. */
  add(bytes: number): boolean {
    this.#length += bytes
    if (this.#length > fileKinds[this.#kind].maxBytes) throw tooLarge(this.#file, this.#kind)
    return bytes > 0
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}

/** Before the file is opened, because opening some devices has effects; and on its descriptor. */
function checkType(file: string | URL, kind: FileKind, stats: Stats): void {
  if (stats.isFile()) return
  throw new FileError(file, kind, 'not_regular', fillTemplate(texts.notRegular, { found: typeOf(stats) }))
}

function typeOf(stats: Stats): string {
  if (stats.isDirectory()) return fileTypes.directory
  if (stats.isFIFO()) return fileTypes.fifo
  if (stats.isSocket()) return fileTypes.socket
  if (stats.isCharacterDevice()) return fileTypes.characterDevice
  return stats.isBlockDevice() ? fileTypes.blockDevice : fileTypes.unknown
}

const tooLarge = (file: string | URL, kind: FileKind): FileError =>
  new FileError(file, kind, 'too_large', fillTemplate(texts.tooLarge, { limit: fileKinds[kind].maxBytes }))

function attempt<T>(file: string | URL, kind: FileKind, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw toFileError(file, kind, error)
  }
}

/** The system's error about a file. */
export function toFileError(file: string | URL, kind: FileKind, error: unknown): FileError {
  if (error instanceof FileError) return error
  const flag = missingFlag(error) ?? deniedFlag(error)
  if (flag !== undefined) return new FileError(file, kind, 'EACCES', `it needs ${flag}`, { cause: error })
  // A path with a NUL, for example, has a code of Node.
  const { code = 'EINVAL', errno = systemConstants.errno.EINVAL } = error as NodeJS.ErrnoException
  const known = /^E[A-Z]+$/.test(code) && Object.hasOwn(texts, code) ? texts[code as 'ENOENT'] : undefined
  const reason = known ?? fillTemplate(texts.other, { number: Math.abs(errno) })
  return new FileError(file, kind, code, reason, { cause: error })
}
