// Option values that several commands read (numbers, choices, the digest key, the contract), and the output file.

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
import type { Readable } from 'node:stream'
import { loadContract } from '../contract/index.ts'
import type { Codec, Contract, HostOptions, PlacementName } from '../model/index.ts'
import { FileError, readRegularFileSync } from '../runtime/regular-file.ts'
import { choice, integer, type OptionParser } from '../util/option-parsers.ts'
import { UsageError } from './command.ts'
import { tlsOption, type TlsValues } from './daemon/tls-options.ts'
import { explainNoLock, locksNear } from './input/explain-file.ts'
import { openSamples, readSamples, type SampleSource } from './input/sample-files.ts'
import { statOf, type Io } from './io.ts'

/** What `--placement` takes; the first is the default. */
export const placements: readonly ['pool', 'inline', 'auto', 'sidecar'] = ['pool', 'inline', 'auto', 'sidecar']

/** What `--daemon` takes; the first is the default. */
export const daemonNames: readonly ['auto', 'sidelaned', 'node'] = ['auto', 'sidelaned', 'node']

export const codecs: readonly Codec[] = ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none']

/** The value of `--name`; undefined without the option. Throws UsageError where the parser does not accept it. */
export function optionValue<T>(
  topic: string,
  name: string,
  text: string | undefined,
  parser: OptionParser<T>,
): T | undefined {
  if (text === undefined) return undefined
  const value = parser.text(text)
  if (value !== undefined) return value
  throw new UsageError(topic, `Expected --${name} to be ${parser.expected}, got "${text}"`)
}

/** Reads a digest key: all bytes of the file, a line break at the end included. Throws UsageError. */
export function keyOption(topic: string, path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined
  const key = fileOption(topic, () => readRegularFileSync(path, 'key'))
  if (key.length < 16) throw new UsageError(topic, `The key ${path} has ${key.length} bytes; expected at least 16`)
  return key
}

/**
 * Loads a lock file. Throws UsageError where it cannot be read or is something else, and `contract.*` for a lock that is
 * refused.
 */
export function contractOption(topic: string, path: string): Contract {
  try {
    return loadContract(path)
  } catch (error) {
    const { cause } = error as Error
    const explained = explainNoLock(path)
    if (explained !== undefined) throw new UsageError(topic, explained, { cause: error })
    if (!(cause instanceof FileError)) throw error
    const isMissing = cause.code === 'ENOENT' && cause.path === path
    const near = isMissing || cause.code === 'not_regular' ? locksNear(path, !isMissing) : ''
    throw new UsageError(topic, `${cause.message}${near}`, { cause })
  }
}

/** Throws UsageError where `read` fails because of a file. */
export function fileOption<T>(topic: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw fileErrorOf(topic, error)
  }
}

/** An error about a file as a UsageError; other errors as they are, and that of a content which cannot be decoded. */
function fileErrorOf(topic: string, error: unknown): unknown {
  const cause = error instanceof FileError ? error : (error as Error).cause
  if (cause instanceof FileError && cause.code === 'encoding') return cause
  return cause instanceof FileError ? new UsageError(topic, cause.message, { cause }) : error
}

/** Samples in a file; "-" is stdin. Rejects with UsageError. */
export async function samplesOption(topic: string, path: string, io: Io): Promise<SampleSource> {
  if (path !== '-') return fileOption(topic, () => openSamples(path))
  try {
    return await readSamples(stdinOption(topic, io))
  } catch (error) {
    throw fileErrorOf(topic, error)
  }
}

/** Stdin as an input. Throws UsageError where it is a directory, which Node reads as an empty input. */
export function stdinOption(topic: string, io: Io): Readable {
  if (statOf(0)?.isDirectory() === true) throw new UsageError(topic, 'Cannot read stdin: it is a directory')
  return io.input()
}

/** What the library refuses of the options, such as files of TLS that hold no certificate, as a UsageError; other errors as they are. */
export const usageErrorOf = (topic: string, error: unknown): unknown => {
  const { code, message } = error as { code?: unknown; message: string }
  return code === 'options.invalid' ? new UsageError(topic, message, { cause: error }) : error
}

/**
 * For a file that is written at the end, where "-" is stdout: throws as `writeFileAtomically` where its path or its folder
 * already forbids that, and UsageError where it is one of the inputs.
 */
export function expectWritable(topic: string, path: string | undefined, ...inputs: (string | undefined)[]): void {
  if (path === undefined || path === '-') return
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (inputs.some((input) => input !== undefined && isSameFile(stat, input === '-' ? statOf(0) : statAt(input))))
      throw new UsageError(topic, `${path} is the input itself`)
    if (stat?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' })
    // As writeFileAtomically: a file is replaced in its folder, and anything else is written to.
    const isReplaced = stat === undefined || stat.isFile()
    accessSync(isReplaced ? dirname(stat === undefined ? path : realpathSync(path)) : path, constants.W_OK)
    // Opening a pipe would wait for its reader.
    if (stat?.isCharacterDevice() === true) writeNothing(path)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw writeError(topic, path, cause as Error)
  }
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

/** A device that takes no bytes, such as /dev/full, does not take none either. */
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

export type SidecarValues = TlsValues & Readonly<Partial<Record<'socket' | 'connections' | 'daemon', string>>>

/** The daemon at `--socket`, or one of its own. */
export function sidecarOptions(topic: string, placement: PlacementName, values: SidecarValues): HostOptions {
  const { socket } = values
  const connections = optionValue(topic, 'connections', values.connections, integer(1, 64))
  const daemon = optionValue(topic, 'daemon', values.daemon, choice(...daemonNames))
  const tls = tlsOption(topic, socket, values)
  if (placement !== 'sidecar') {
    const other = (['socket', 'connections', 'daemon'] as const).find((name) => values[name] !== undefined)
    if (other !== undefined) throw new UsageError(topic, `--${other} goes with --placement sidecar`)
    return {}
  }
  if (socket === undefined) return { connections, launch: daemon === undefined ? true : { daemon } }
  if (daemon !== undefined) throw new UsageError(topic, '--daemon is for a daemon of its own, without --socket')
  return { connections, socket, tls }
}
