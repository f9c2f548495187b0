// The settings of the daemon from the options that are given: defaults, and checks of options that depend on each other.
// Nothing is read from disk but the limits of the machine.

import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { configTexts as texts } from '../../tables/daemon-texts.ts'
import { fillTemplate } from '../../util/fill-template.ts'
import { checkSocketPath, defaultSocketPath } from '../../util/socket-path.ts'
import { ConfigError } from './load-config.ts'
import { defaults, type Options } from './options.ts'

/** Where the daemon listens: a path, or the socket of the service manager. The directory of a default path is made. */
export type Place =
  | { readonly kind: 'path'; readonly path: string; readonly isDefault: boolean }
  | { readonly kind: 'descriptor'; readonly descriptor: number }

type Optional = 'socketGroup' | 'metricsListen' | 'crashDir'
type TlsOption = 'tlsListen' | 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'tlsAllowSans'

/** Where to listen for mutual TLS. */
export interface TlsSettings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly cert: string
  readonly key: string
  readonly clientCa: string
  /** DNS names and URIs of clients that may connect; undefined: every client certificate of the CA. */
  readonly allowSans: readonly string[] | undefined
  /** Connections of all peers. */
  readonly maxConnections: number
  readonly perPeer: PeerLimits
}

/** Bounds of each peer over all its connections. */
export interface PeerLimits {
  readonly connections: number
  readonly inFlight: number
  /** Of request bodies. */
  readonly bytes: number
}

export interface DaemonSettings
  extends Required<Omit<Options, Optional | TlsOption | 'socket' | 'config' | 'allowUids'>>, Pick<Options, Optional> {
  readonly place: Place
  readonly tls: TlsSettings | undefined
  readonly maxExcessConnections: number
}

type QueueOption = 'maxQueue' | 'maxQueueMs' | 'maxBytes' | 'spinUs'
type ServiceOption = QueueOption | 'engine' | 'placement' | 'threads' | 'maxInFlight' | 'maxConnections' | 'drainMs'

/** What the inside of the daemon needs. */
export interface ServiceSettings extends Pick<DaemonSettings, ServiceOption> {
  /** Where the pool's worker file is. Default: the one of this package. */
  readonly workerUrl?: URL
  /** Connections beyond `maxConnections` that get one response: health, metrics, or that there are too many. */
  readonly maxExcessConnections: number
  /** In HELLO: name/version. */
  readonly server: string
}

/** systemd passes its sockets from this descriptor on. */
const firstPassed = 3
/** Descriptors that are not for connections. */
const reservedFiles = 40
/** As many as the backlog of the socket holds: all that connect at once are answered. */
const mostExcessConnections = 512
/** TLS handshakes at a time; one more ends the oldest. */
export const maxHandshakes = 64
/** A peer over TLS has this part of what the daemon has. */
const peerShare = 4

/** Throws ConfigError. `env` has LISTEN_FDS, and the variables of the default path. */
export function resolveSettings(options: Options, env: Readonly<Record<string, string | undefined>>): DaemonSettings {
  const { socket, contracts, allowUids } = options
  const contractsFromStdin = options.contractsFromStdin ?? false
  if (contracts === undefined && !contractsFromStdin) throw new ConfigError(texts.expectedContract)
  if (allowUids !== undefined) {
    throw new ConfigError('Expected no `--allow-uid`: only sidelaned can read the uid of a peer')
  }
  checkTlsOptions(options)
  const cores = availableParallelism()
  const allFiles = openFiles() - reservedFiles
  // Half of them are for connections over TLS, so that these leave the Unix socket its own.
  const files = options.tlsListen === undefined ? allFiles : Math.max(0, Math.floor(allFiles / 2))
  const maxConnections = options.maxConnections ?? Math.min(defaults.maxConnections, Math.max(8, files))
  return {
    ...defaults,
    digestKeyFiles: {},
    threads: Math.max(1, cores - 1),
    // On the only core a thread that polls would keep the client from running.
    spinUs: cores > 1 ? defaults.spinUs : 0,
    takeover: false,
    allowOpenDirectory: false,
    allowCoreDumps: false,
    removeDirectory: false,
    memoryLimit: machineMemory(),
    ...options,
    contracts: contracts ?? [],
    contractsFromStdin,
    exitWithStdin: contractsFromStdin || (options.exitWithStdin ?? false),
    maxConnections,
    maxExcessConnections: Math.min(mostExcessConnections, Math.max(8, files - maxConnections)),
    place: placeOf(socket, env),
    tls: tlsOf(options, Math.min(maxConnections, Math.max(8, files - maxHandshakes))),
  }
}

/** The options of TLS are all there, or none is. */
function checkTlsOptions(options: Options): void {
  const files = { '--tls-cert': options.tlsCert, '--tls-key': options.tlsKey, '--tls-client-ca': options.tlsClientCa }
  const given = { ...files, '--tls-allow-san': options.tlsAllowSans }
  if (options.tlsListen === undefined) {
    const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? []
    if (flag !== undefined) throw new ConfigError(fillTemplate(texts.expectedTlsListen, { flag }))
    return
  }
  const [missing] = Object.entries(files).find(([, value]) => value === undefined) ?? []
  if (missing !== undefined) throw new ConfigError(fillTemplate(texts.expectedTlsFile, { flag: missing }))
}

function tlsOf(options: Options, maxConnections: number): TlsSettings | undefined {
  const { tlsListen: listen, tlsCert: cert = '', tlsKey: key = '', tlsClientCa: clientCa = '', tlsAllowSans } = options
  if (listen === undefined) return undefined
  const { maxInFlight = defaults.maxInFlight, maxBytes = defaults.maxBytes } = options
  const share = (whole: number): number => Math.max(1, Math.floor(whole / peerShare))
  const perPeer = { connections: share(maxConnections), inFlight: share(maxInFlight), bytes: share(maxBytes) }
  return { listen, cert, key, clientCa, allowSans: tlsAllowSans, maxConnections, perPeer }
}

function placeOf(socket: Options['socket'], env: Readonly<Record<string, string | undefined>>): Place {
  if (env['LISTEN_FDS'] !== undefined && env['LISTEN_PID'] === String(process.pid)) {
    const count = env['LISTEN_FDS']
    if (count !== '1') throw new ConfigError(fillTemplate(texts.expectedOneSocket, { count }))
    if (socket !== undefined) throw new ConfigError(texts.expectedNoSocket)
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

/** The limit of the control group, else the memory of the machine. */
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
