// What is given → what the daemon runs with: defaults, and what options mean together. Nothing is read from disk here but
// what the machine says of itself.

import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { checkSocketPath, defaultSocketPath } from '../../util/socket-path.ts'
import { ConfigError } from './load-config.ts'
import type { Options } from './options.ts'
import type { Address } from './parsers.ts'

/** Where the daemon listens: a path, or what the service manager has opened. */
export type Place =
  | {
      readonly kind: 'path'
      readonly path: string
      /** Its directory is made and checked. */ readonly isDefault: boolean
    }
  | { readonly kind: 'descriptor'; readonly descriptor: number }

export interface DaemonSettings {
  readonly place: Place
  readonly contracts: readonly string[]
  readonly digestKeyFiles: Readonly<Record<string, string>>
  readonly engine: 'auto' | 'native' | 'js'
  readonly placement: 'inline' | 'pool'
  readonly threads: number
  readonly maxQueue: number
  readonly maxQueueMs: number
  readonly spinUs: number
  readonly maxBytes: number
  readonly maxInFlight: number
  readonly maxConnections: number
  readonly deadlineMs: number
  readonly drainMs: number
  readonly takeover: boolean
  readonly socketMode: number
  readonly socketGroup: number | undefined
  readonly memoryLimit: number
  readonly metricsListen: Address | undefined
  readonly logSample: number
  readonly exitWithStdin: boolean
}

/** systemd passes its sockets from here on. */
const firstPassed = 3
const keptFiles = 40

/** Throws ConfigError. `env` is asked for LISTEN_FDS, and for the default path. */
export function resolveSettings(options: Options, env: Readonly<Record<string, string | undefined>>): DaemonSettings {
  if (options.contracts === undefined) throw new ConfigError('Expected at least one `--contract PATH`')
  if (options.allowUids !== undefined) {
    throw new ConfigError('Expected no `--allow-uid`: Node cannot ask who connects, sidelaned can')
  }
  const cores = availableParallelism()
  return {
    place: placeOf(options.socket, env),
    contracts: options.contracts,
    digestKeyFiles: options.digestKeyFiles ?? {},
    engine: options.engine ?? 'auto',
    placement: options.placement ?? 'inline',
    threads: options.threads ?? Math.max(1, cores - 1),
    maxQueue: options.maxQueue ?? 1024,
    maxQueueMs: options.maxQueueMs ?? 20,
    // On the only core the one that is waited for could not run.
    spinUs: options.spinUs ?? (cores > 1 ? 100 : 0),
    maxBytes: options.maxBytes ?? 67_108_864,
    maxInFlight: options.maxInFlight ?? 256,
    maxConnections: options.maxConnections ?? Math.min(256, Math.max(8, openFiles() - keptFiles)),
    deadlineMs: options.deadlineMs ?? 1000,
    drainMs: options.drainMs ?? 10_000,
    takeover: options.takeover ?? false,
    socketMode: options.socketMode ?? 0o600,
    socketGroup: options.socketGroup,
    memoryLimit: options.memoryLimit ?? machineMemory(),
    metricsListen: options.metricsListen,
    logSample: options.logSample ?? 0.01,
    exitWithStdin: options.exitWithStdin ?? false,
  }
}

function placeOf(socket: Options['socket'], env: Readonly<Record<string, string | undefined>>): Place {
  if (env['LISTEN_FDS'] !== undefined && env['LISTEN_PID'] === String(process.pid)) {
    if (env['LISTEN_FDS'] !== '1')
      throw new ConfigError(`Expected one socket from LISTEN_FDS, got \`${env['LISTEN_FDS']}\``)
    if (socket !== undefined) throw new ConfigError('Expected no `--socket`: the socket comes from LISTEN_FDS')
    return { kind: 'descriptor', descriptor: firstPassed }
  }
  const path = typeof socket === 'string' ? socket : defaultSocketPath(env)
  try {
    checkSocketPath(path)
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
  return { kind: 'path', path, isDefault: typeof socket !== 'string' }
}

/** What the control group grants, else what there is. */
function machineMemory(): number {
  const granted = process.constrainedMemory()
  return granted > 0 && granted < totalmem() ? granted : totalmem()
}

/** The limit of open files. */
function openFiles(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
