// A connection for work that can do without Redis: it is made when asked for, never by itself, and does not keep the process
// alive. There is one client, whose commands fail at once while it is down.

import { withTimeout } from '../util/with-timeout.ts'
import type { SidelaneError } from '../model/index.ts'
import { redisFault } from './errors.ts'
import { closeClient, createClient, failWhenDown, type RedisClient } from './open-redis.ts'
import { addressOf, type RedisConnection } from './redis-connection.ts'

export interface OnDemandOptions {
  /** In `CLIENT LIST`. */
  readonly name: string
  readonly connectTimeoutMs: number
  /** A connection on which a command has no answer for this time is closed; its commands fail. */
  readonly silentMs: number
  /** A command that the work needs. A server may accept and be silent, refuse the password, or load its data. */
  readonly check: (client: RedisClient) => Promise<unknown>
  readonly onError: (error: SidelaneError) => void
}

export interface OnDemandRedis {
  readonly client: RedisClient
  /** For messages: without user and password. */
  readonly address: string
  readonly isReady: boolean
  /** Makes the connection, if there is none and none is being made. Rejects with the fault. */
  connect(): Promise<void>
  /** Sends what is written, and closes; `now`: closes. Never rejects. */
  close(now: boolean): Promise<void>
}

/** Throws `options.invalid`. */
export function openOnDemand(connection: RedisConnection, options: OnDemandOptions): OnDemandRedis {
  const { connectTimeoutMs, silentMs, check, onError } = options
  const address = addressOf(connection)
  const client = createClient(connection, options, {
    // A Redis that loads its data answers with an error.
    enableReadyCheck: false,
    retryStrategy: () => null,
    reconnectOnError: () => false,
    ...failWhenDown,
    socketTimeout: silentMs,
  })
  let fault: SidelaneError | undefined
  client.on('error', (error: unknown) => {
    const told = redisFault(error, address)
    fault ??= told
    onError(told)
  })
  client.on('connect', () => client.stream.unref())
  let connecting: Promise<void> | undefined
  const connect = async (): Promise<void> => {
    fault = undefined
    try {
      const ready = client.connect().then(() => check(client))
      if (await withTimeout(connectTimeoutMs, ready)) return
      client.disconnect()
      throw new Error('timeout')
    } catch (error) {
      // What the first command says of a lost connection hides why it was lost.
      throw fault ?? redisFault(error, address)
    } finally {
      connecting = undefined
    }
  }
  return {
    client,
    address,
    get isReady() {
      return client.status === 'ready'
    },
    connect: () => (client.status === 'ready' ? Promise.resolve() : (connecting ??= connect())),
    async close(now) {
      if (now) client.disconnect()
      else await closeClient(client)
    },
  }
}
