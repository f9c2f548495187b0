// Resolves user options to frozen settings: the range, default and reason of each option.

import type { Contract } from './contract.ts'
import { invalidOptions } from './errors.ts'
import { addressRule, resolveAddresses, type DaemonAddressSettings, type SidecarTlsOptions } from './daemon-address.ts'
import { choice, integer } from '../util/option-parsers.ts'
import {
  booleanRule,
  check,
  copyOptions,
  isBoolean,
  isObject,
  msRule,
  rule,
  stringRule,
  type Rule,
} from './option-rules.ts'
import {
  policyRules,
  resolveBreaker,
  resolveFallback,
  eventRules,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerSettings,
  type FallbackOptions,
  type FallbackSettings,
  type FallbackTarget,
} from './policy-options.ts'
import type { EngineName, JsCompressor, PlacementName } from './engine-report.ts'
import type { ProcessOptions, ProcessorOptions, StreamOptions } from './processor.ts'
import type { SharedCache } from './shared-cache.ts'
import { isBytes } from '../util/typed-array.ts'

/** Options of a placement. `inline` ignores most; what a placement refuses is said at the option. */
export interface HostOptions {
  /**
   * Where payloads are processed. `inline`: the caller's thread. `pool`: worker threads. `auto`: small payloads on the
   * caller's thread while its event loop is idle, others on worker threads. `sidecar`: a daemon on a Unix socket, or
   * on another machine over TLS.
   * Default `inline`.
   */
  readonly placement?: PlacementName | undefined
  /**
   * `auto` selects native when it loads, else js, and reports the reason. With a sidecar: the engine that the daemon
   * must have, `auto` for any. Default `auto`.
   */
  readonly engine?: EngineName | undefined
  /**
   * The compressor of gzip, deflate and deflate-raw in the js engine, for all payloads: `zlib` of Node, or `fflate` in plain
   * JavaScript. Default: an encoder of its own up to 32 KiB at level 1; else `zlib`, without zlib `fflate`.
   */
  readonly jsCompressor?: JsCompressor | undefined
  /**
   * Worker threads of the pool, 1 to 1,024. Default: cores - 1, at least 1. With `launch`: the threads of the daemon,
   * by default its own default. Ignored for other daemons.
   */
  readonly threads?: number | undefined
  /** Most payloads that wait for a worker or for the daemon, 0 or more. Default 1,024. */
  readonly maxQueue?: number | undefined
  /** Most bytes of all waiting payloads. Default 67,108,864 (64 MiB). */
  readonly maxQueueBytes?: number | undefined
  /**
   * Longest wait of a call in a queue that does not drain, in ms, 1 to 60,000; a burst may fill the queue up to `maxQueue`.
   * Default 50.
   */
  readonly maxQueueMs?: number | undefined
  /** Time limit of each call, in ms, 1 to 60,000. Default 1,000, but none inline. */
  readonly deadlineMs?: number | undefined
  /** URL or path of the pool's worker file, for bundlers. Default: the one of this package. */
  readonly workerUrl?: URL | string | undefined
  /** Caches results, so that equal payloads run once; `{}` enables the defaults. Default: no cache. */
  readonly cache?: CacheOptions | undefined
  /**
   * Sidecar: the path of the daemon's socket, or `tls://HOST:PORT` of its --tls-listen. Of several, the first that answers
   * is used, and the first of all again once it does. Default: `$XDG_RUNTIME_DIR/sidelane/sidelane.sock`, else
   * `sidelane-UID/sidelane.sock` in the temp directory. Not together with `launch`.
   */
  readonly socket?: string | readonly string[] | undefined
  /** Sidecar: the certificates of a socket of `tls://`. */
  readonly tls?: SidecarTlsOptions | undefined
  /** Sidecar: connections to the daemon, 1 to 64. Default 1. */
  readonly connections?: number | undefined
  /** Sidecar: starts a daemon of its own, which ends with this process. Default false. */
  readonly launch?: boolean | LaunchOptions | undefined
  /**
   * Answers calls that the placement cannot: `inline` on the caller's thread, `skip` with the payload as it is, or by a
   * function. A sidecar then starts without its daemon. `outcome.via.fallback` says why. Default: none.
   */
  readonly fallback?: FallbackTarget | FallbackOptions | undefined
  /** Stops calling a placement that fails, and tries again after a while. Default false. */
  readonly breaker?: boolean | BreakerOptions | undefined
  /** Called when the breaker changes its state. */
  readonly onEvent?: ((event: BreakerEvent) => void) | undefined
  /** One JSON line for each such event: to stderr, to a function, or not at all. Default true. */
  readonly log?: boolean | ((line: string) => void) | undefined
}

/** The daemon that `launch` starts. */
export interface LaunchOptions {
  /** `auto` selects sidelaned if it can be started, else Node. `engine: 'js'` requires Node. Default `auto`. */
  readonly daemon?: DaemonName | undefined
  /** Further command-line options of the daemon (docs/daemon.md). */
  readonly args?: readonly string[] | undefined
}

/** A daemon of this package: on Node, or `sidelaned` in Rust. */
export type DaemonName = 'auto' | 'node' | 'sidelaned'

export interface LaunchSettings {
  readonly daemon: DaemonName
  readonly args: readonly string[]
  /** undefined: the daemon's own default. */
  readonly threads: number | undefined
}

/** The bounds of a result cache. Equal payloads in flight at the same time share one run. */
export interface CacheOptions {
  /** Most results, 1 to 10,000,000. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** Most bytes of all results, 1 or more. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined
  /** Lifetime of a result, in ms, 1 to 86,400,000. Default 60,000. */
  readonly ttlMs?: number | undefined
  /** A second tier that processes share: `redisCache` of `sidelane/redis-cache`. Default: none. */
  readonly shared?: SharedCache | undefined
}

export interface CacheSettings {
  readonly maxEntries: number
  readonly maxBytes: number
  readonly ttlMs: number
  readonly shared: SharedCache | undefined
}

/** Options of `createProcessor`: those of the host and of its one processor. */
export interface CreateOptions<C extends boolean = boolean, A extends boolean = boolean>
  extends HostOptions, ProcessorOptions<C, A> {}

type HostDefaults = {
  readonly [
    K in 'placement' | 'engine' | 'threads' | 'maxQueue' | 'maxQueueBytes' | 'maxQueueMs' | 'connections'
  ]: NonNullable<HostOptions[K]>
}

/** The options with their defaults. */
export interface HostSettings
  extends Omit<HostOptions, keyof HostDefaults | 'socket' | 'tls'>, HostDefaults, DaemonAddressSettings {
  readonly cache?: CacheSettings | undefined
  /** undefined: the daemon runs already. */
  readonly launch?: LaunchSettings | undefined
  readonly fallback: FallbackSettings | undefined
  readonly breaker: BreakerSettings | undefined
}

export interface ProcessorSettings {
  /** A copy, because the caller may overwrite it. */
  readonly digestKey: Uint8Array | undefined
  readonly canonical: boolean
  readonly runInApp: boolean
}

const mebibyte = 1_048_576
/** Shortest digest key. */
export const minKeyBytes = 16
const maxDeadlineMs = 60_000
const absolutePath = /^(?:file:|\/|[A-Za-z]:[\\/])/

// Node fires a timer of 2^31 ms or more immediately.
const deadlineRule = msRule(maxDeadlineMs)

const cacheRules: Readonly<Record<keyof CacheOptions, Rule>> = {
  maxEntries: integer(1, 10_000_000),
  maxBytes: integer(1),
  ttlMs: msRule(86_400_000),
  // By its shape: the modules and the CommonJS of this package have classes of their own.
  shared: rule(
    'a redisCache() of sidelane/redis-cache',
    (value) => isObject(value) && typeof (value as Partial<SharedCache>).open === 'function',
  ),
}

const launchRules: Readonly<Record<keyof LaunchOptions, Rule>> = {
  daemon: choice('auto', 'node', 'sidelaned'),
  args: rule(
    'an array of strings without NUL',
    (value) => Array.isArray(value) && value.every((arg) => typeof arg === 'string' && !arg.includes('\0')),
  ),
}

const callAndStreamRules: Readonly<Record<keyof ProcessOptions & keyof StreamOptions, Rule>> = {
  deadlineMs: deadlineRule,
  signal: rule('an AbortSignal', (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value),
  canonical: booleanRule,
}

const streamRules: Readonly<Record<keyof StreamOptions, Rule>> = {
  concurrency: integer(1, 1_000_000),
  ...callAndStreamRules,
}

const hostRules: Readonly<Record<keyof HostOptions, Rule>> = {
  placement: choice('inline', 'pool', 'auto', 'sidecar'),
  engine: choice('auto', 'native', 'js'),
  jsCompressor: choice('zlib', 'fflate'),
  threads: integer(1, 1024),
  maxQueue: integer(0),
  maxQueueBytes: integer(0),
  maxQueueMs: deadlineRule,
  deadlineMs: deadlineRule,
  workerUrl: rule('a file: URL or an absolute path', (value) =>
    value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && absolutePath.test(value),
  ),
  cache: rule('an object', isObject),
  socket: addressRule,
  tls: rule('an object', isObject),
  connections: integer(1, 64),
  launch: rule('true, false or an object', (value) => isBoolean(value) || isObject(value)),
  ...policyRules,
  ...eventRules,
}

const processorRules: Readonly<Record<keyof ProcessorOptions, Rule>> = {
  digestKey: rule(
    `a Uint8Array of at least ${minKeyBytes} bytes`,
    (value) => isBytes(value) && value.length >= minKeyBytes,
  ),
  canonical: booleanRule,
  runInApp: booleanRule,
}

const callRules: Readonly<Record<keyof ProcessOptions, Rule>> = {
  ...callAndStreamRules,
  traceparent: stringRule,
}

/** Throws `options.invalid`. `cores`: number of the machine's cores. */
export function resolveHostOptions(options: HostOptions, cores: number): HostSettings {
  check('createHost', options, hostRules)
  const placement = options.placement ?? 'inline'
  return Object.freeze({
    placement,
    engine: options.engine ?? 'auto',
    jsCompressor: options.jsCompressor,
    // One core is left to the event loop, which copies payloads and settles calls.
    threads: options.threads ?? Math.max(1, cores - 1),
    // `Promise.all` over 1,000 payloads fits.
    maxQueue: options.maxQueue ?? 1024,
    // A thousand payloads of 64 KiB. Bounds the memory of larger ones.
    maxQueueBytes: options.maxQueueBytes ?? 64 * mebibyte,
    // A worker holds work for about 8 ms itself. 256 calls in flight, with 4 KB each, wait for less on one worker.
    maxQueueMs: options.maxQueueMs ?? 50,
    // Long for a hot path. Inline runs synchronously, so nothing waits but for the app itself.
    deadlineMs: options.deadlineMs ?? (placement === 'inline' ? undefined : 1000),
    workerUrl: options.workerUrl,
    cache: options.cache && resolveCacheOptions(options.cache),
    ...resolveAddresses(options.socket, options.tls),
    // The client's thread is the bottleneck, not the connection.
    connections: options.connections ?? 1,
    launch: resolveLaunchOptions(options),
    fallback: resolveFallback(options.fallback, placement),
    breaker: resolveBreaker(options.breaker),
    onEvent: options.onEvent,
    log: options.log,
  })
}

function resolveLaunchOptions({ launch = false, socket, threads }: HostOptions): LaunchSettings | undefined {
  if (launch === false) return undefined
  const { daemon = 'auto', args = [] } = launch === true ? {} : launch
  if (launch !== true) check('launch', launch, launchRules)
  if (socket !== undefined)
    throw invalidOptions('Expected `socket` to be absent with `launch`: the daemon gets one of its own')
  return Object.freeze({ daemon, args: [...args], threads })
}

function resolveCacheOptions(options: CacheOptions): CacheSettings {
  check('cache', options, cacheRules)
  return Object.freeze({
    maxEntries: options.maxEntries ?? 10_000,
    // 10,000 bodies of 1 to 2 KB fill a quarter of it.
    maxBytes: options.maxBytes ?? 64 * mebibyte,
    // Results never become stale; the limit frees those that are no longer used.
    ttlMs: options.ttlMs ?? 60_000,
    shared: options.shared,
  })
}

/** Throws `options.invalid`. */
export function resolveProcessorOptions(options: ProcessorOptions): ProcessorSettings {
  check('processor', options, processorRules)
  return Object.freeze({
    digestKey: options.digestKey === undefined ? undefined : Uint8Array.from(options.digestKey),
    canonical: options.canonical ?? false,
    runInApp: options.runInApp ?? false,
  })
}

/** Splits the options of `createProcessor`; throws `options.invalid` for an unknown key. */
export function splitCreateOptions(options: CreateOptions): { host: HostOptions; processor: ProcessorOptions } {
  check('createProcessor', options, { ...hostRules, ...processorRules })
  const { digestKey, canonical, runInApp, ...host } = copyOptions(options)
  return { host, processor: { digestKey, canonical, runInApp } }
}

/** Throws `options.invalid`. */
export const checkStreamOptions = (options: StreamOptions): void => check('stream', options, streamRules)

/** Throws `options.invalid`. */
export function checkContract(contract: unknown, name = 'contract'): void {
  const { id, profile } = (contract ?? {}) as Partial<Contract>
  if (typeof id === 'string' && typeof profile === 'object' && profile !== null) return
  throw invalidOptions(`Expected \`${name}\` to be a contract of defineContract or loadContract`)
}

/** Throws `options.invalid`. */
export const checkCallOptions = (options: ProcessOptions): void => check('process', options, callRules)
