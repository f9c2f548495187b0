// Opens one connection to Redis. Two kinds: one whose commands fail while the connection is down, so that nothing gathers in
// the client, and one whose commands wait, for callers that have a fixed number of them.

import { Redis, type RedisOptions } from 'ioredis'
import { invalidOptions, type SidelaneError } from '../model/index.ts'
import { withTimeout } from '../util/with-timeout.ts'
import { redisFault } from './errors.ts'
import { addressOf, ioredisUrl, isClient, type RedisConnection } from './redis-connection.ts'

export type RedisClient = Redis

export interface OpenRedis {
  readonly client: RedisClient
  /** For messages: without user and password. */
  readonly address: string
  /** Subscribes, and does so again on each new connection; the connection takes no other commands then. Rejects as ioredis. */
  subscribe(channel: string): Promise<void>
  /** Sends what is written, and closes. Never rejects. */
  close(): Promise<void>
}

export interface OpenRedisOptions extends ClientOptions {
  /** `fail`: commands reject while there is no connection. `wait`: they wait for one. */
  readonly whenDown: 'fail' | 'wait'
  /**
   * A connection on which a command has no answer for this time is closed, and made again: the server hangs, or is gone without
   * a word, which TCP may notice after a quarter of an hour. Default 15,000: BullMQ lets Redis block for up to 10,000.
   */
  readonly silentMs?: number
  /** Errors of the connection after that. It is made again, without end. */
  readonly onError: (error: SidelaneError) => void
}

const closeTimeoutMs = 1000

/** What every connection has. */
interface ClientOptions {
  /** In `CLIENT LIST`. */
  readonly name: string
  readonly connectTimeoutMs: number
}

/** Commands reject while there is no connection. */
export const failWhenDown: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
}

const retryStrategy = (times: number): number => Math.min(1000, 25 * 2 ** Math.min(times, 6)) * (0.5 + Math.random())

/** A failover leaves the old primary as a replica: the next connection may lead to the new one. */
const reconnectOnError = ({ message }: Error): boolean => message.startsWith('READONLY')

/** Rejects with `unavailable` (`params.reason`) when no connection can be made, and with `options.invalid`. */
export async function openRedis(connection: RedisConnection, options: OpenRedisOptions): Promise<OpenRedis> {
  const { whenDown, connectTimeoutMs, silentMs = 15_000, onError } = options
  const address = addressOf(connection)
  const client = createClient(connection, options, {
    retryStrategy,
    reconnectOnError,
    // ioredis does not catch the failure of what it sends here by itself, which would end the process: see `subscribe`.
    autoResubscribe: false,
    socketTimeout: silentMs,
    // A user's own would reject what BullMQ lets Redis block.
    commandTimeout: undefined,
    ...(whenDown === 'fail' ? failWhenDown : { enableOfflineQueue: true, maxRetriesPerRequest: null }),
  })
  let fault: SidelaneError | undefined
  let isOpen = false
  client.on('error', (error: unknown) => {
    fault = redisFault(error, address)
    if (isOpen) onError(fault)
  })
  try {
    if (!(await withTimeout(connectTimeoutMs, client.connect()))) fault ??= redisFault(new Error('timeout'), address)
    else isOpen = true
  } catch (error) {
    fault ??= redisFault(error, address)
  }
  if (!isOpen) {
    client.disconnect()
    throw fault as SidelaneError
  }
  return {
    client,
    address,
    async subscribe(channel) {
      await client.subscribe(channel)
      client.on('ready', () => {
        client.subscribe(channel).catch((error: unknown) => onError(redisFault(error, address)))
      })
    },
    close: () => closeClient(client),
  }
}

/** A client that is not connected. Throws `options.invalid`. */
export function createClient(
  connection: RedisConnection,
  { name, connectTimeoutMs }: ClientOptions,
  own: RedisOptions,
): RedisClient {
  const settings: Settings = {
    ...own,
    // Replies have the shapes of ioredis 5.
    replyMapping: 'legacy',
    // ioredis keeps the process alive for this time after a connection that was refused. Not in its types.
    disconnectTimeout: 200,
    connectionName: name,
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
  }
  if (isClient(connection) && (connection as { isCluster?: boolean }).isCluster === true) {
    throw invalidOptions('Expected `connection` to be one Redis, not a cluster: give each queue a Redis of its own')
  }
  const client = newClient(connection, settings)
  // A URL may have one too.
  if (client.options.keyPrefix) {
    throw invalidOptions('Expected `connection` to be without `keyPrefix`, which scripts do not get: use `prefix`')
  }
  return client
}

type Settings = RedisOptions & { readonly replyMapping: 'legacy'; readonly disconnectTimeout: number }

function newClient(connection: RedisConnection, settings: Settings): RedisClient {
  if (typeof connection === 'string') return new Redis(ioredisUrl(connection), settings)
  return isClient(connection)
    ? (connection.duplicate(settings) as RedisClient)
    : new Redis({ ...(connection as RedisOptions), ...settings })
}

/** Sends what is written, and closes. Never rejects. */
export async function closeClient(client: RedisClient): Promise<void> {
  try {
    if (client.status === 'ready') await withTimeout(closeTimeoutMs, client.quit())
  } catch {
    // The connection was lost meanwhile.
  }
  client.disconnect()
}
