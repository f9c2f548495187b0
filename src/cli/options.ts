// Option values that several commands read: numbers, choices, the digest key, the contract, inputs.

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
