// Files that commands write, by their options.

import { randomUUID } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from './command.ts'
import { statOf } from './io.ts'

/**
 * For a file that is written at the end, where "-" is stdout: throws as `writeFileAtomically` where its path or its folder
 * already forbids that, and UsageError where it is one of the inputs.
 */
export function expectWritable(topic: string, path: string | undefined, ...inputs: (string | undefined)[]): void {
  if (path === undefined || path === '-') return
  expectNoInput(topic, path, inputs)
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' })
    // As writeFileAtomically: a file is replaced in its folder, and anything else is written to.
    const isReplaced = stat === undefined || stat.isFile()
    accessSync(isReplaced ? dirname(stat === undefined ? path : realpathSync(path)) : path, constants.W_OK)
    // Opening a pipe would wait for its reader.
    if (stat?.isCharacterDevice() === true) writeNothing(path)
  } catch (cause) {
    throw writeError(topic, path, cause as Error)
  }
}

/** Throws UsageError where the path is the file of an input, of which "-" is stdin. */
export function expectNoInput(topic: string, path: string, inputs: readonly (string | undefined)[]): void {
  const stat = statAt(path)
  if (inputs.some((input) => input !== undefined && isSameFile(stat, input === '-' ? statOf(0) : statAt(input))))
    throw new UsageError(topic, `${path} is an input itself`)
}

/** As `expectWritable`, for a file that is written beside what stdout gets. */
export function expectFile(
  topic: string,
  name: string,
  path: string | undefined,
  ...inputs: (string | undefined)[]
): void {
  if (path === '-') throw new UsageError(topic, `Expected --${name} to be a file, not stdout`)
  expectWritable(topic, path, ...inputs)
}

/** Undefined for a path that leads nowhere, which is told when it is opened. */
export function statAt(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** True for two paths of one regular file. */
export const isSameFile = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && one.isFile() && one.dev === other?.dev && one.ino === other.ino

/** Fails on a device that takes no bytes, such as /dev/full. */
function writeNothing(path: string): void {
  const descriptor = openSync(path, 'w')
  try {
    writeSync(descriptor, new Uint8Array(0))
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Readers see the old file or the new one, never a part. A link stays a link, and a device or a pipe, such as /dev/stdout, is
 * written to instead of being replaced. Throws UsageError where the path cannot be written, and Error where writing fails.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, topic: string): void {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && !stat.isFile()) writeFileSync(path, content)
    else replaceFile(stat === undefined ? path : realpathSync(path), content)
  } catch (cause) {
    throw writeError(topic, path, cause as Error)
  }
}

function writeError(topic: string, path: string, cause: NodeJS.ErrnoException): Error {
  const text = `Cannot write ${path}: ${writeErrorText(cause)}`
  const isFault = cause.syscall === 'write' || cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  return isFault ? new Error(text, { cause }) : new UsageError(topic, text, { cause })
}

function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(draft, content)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Why a file cannot be written. */
export function writeErrorText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'it is a directory'
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such folder' : message
}
