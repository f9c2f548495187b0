// How a user names a Redis: a URL, the options of ioredis, or a client of ioredis that is duplicated. Nothing here shows a
// password.

import { invalidOptions, isObject, rule, type Rule } from '../model/index.ts'

/** The options of ioredis that most apps set. All others are passed on. */
export interface RedisOptions {
  /** Default "localhost". */
  readonly host?: string | undefined
  /** Default 6379. */
  readonly port?: number | undefined
  /** A Unix socket instead of host and port. */
  readonly path?: string | undefined
  /** Of the access control list; default "default". */
  readonly username?: string | undefined
  /** Never shown in a message or a log line. */
  readonly password?: string | undefined
  /** Number of the database. Default 0. */
  readonly db?: number | undefined
  /** Options of `tls.connect`; `{}` for the defaults. */
  readonly tls?: object | undefined
  readonly [option: string]: unknown
}

/** What is used of a client of ioredis: every connection is a duplicate of it. */
export interface RedisClientLike {
  /** A new client with the same options. */
  duplicate(override?: object): unknown
  /** The options it was made with. */
  readonly options: object
}

/** `redis://user:password@host:port/db` (`rediss:` with TLS), options of ioredis, or a client of ioredis. */
export type RedisConnection = string | RedisOptions | RedisClientLike

const protocols = new Set(['redis:', 'rediss:', 'valkey:', 'valkeys:'])

export const isClient = (connection: RedisConnection): connection is RedisClientLike =>
  typeof connection === 'object' && typeof (connection as Partial<RedisClientLike>).duplicate === 'function'

/** undefined for a text that is no URL of a Redis. */
function parseUrl(text: string): URL | undefined {
  try {
    const url = new URL(text)
    return protocols.has(url.protocol) && url.hostname !== '' ? url : undefined
  } catch {
    // The error holds the text, and with it the password.
    return undefined
  }
}

export const connectionRule: Rule = rule(
  'a URL such as redis://host:6379, the options of ioredis, or a client of ioredis',
  (value) => (typeof value === 'string' ? parseUrl(value) !== undefined : isObject(value)),
)

/** The URL as ioredis takes it. Throws `options.invalid`, without the URL. */
export function ioredisUrl(text: string): string {
  if (parseUrl(text) === undefined) {
    throw invalidOptions('Expected `connection` to be a URL such as redis://user:password@host:6379/0')
  }
  return text.replace(/^valkey/, 'redis')
}

/** Where the Redis is, for messages: without user and password. */
export function addressOf(connection: RedisConnection): string {
  if (typeof connection === 'string') {
    const url = parseUrl(connection)
    return url === undefined ? 'redis' : `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
  }
  const options = (isClient(connection) ? connection.options : connection) as RedisOptions & {
    readonly sentinels?: unknown
    readonly name?: unknown
  }
  const { host = 'localhost', port = 6379, path, db = 0, tls } = options
  const suffix = db === 0 ? '' : `/${db}`
  if (Array.isArray(options.sentinels))
    return `sentinel:${typeof options.name === 'string' ? options.name : ''}${suffix}`
  return path ? `${path}${suffix}` : `${tls === undefined ? 'redis' : 'rediss'}://${host}:${port}${suffix}`
}
