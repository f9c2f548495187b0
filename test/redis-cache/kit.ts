// Processors over one Redis of the test's own. What a run did is seen by its counters.
import { createHost, type HostOptions, type Stats } from '../../src/index.ts'
import { onTestFinished } from 'vitest'
import { redisCache, type RedisCacheOptions } from '../../src/redis-cache/index.ts'
import type { Contract, Host, Processor, SharedCacheStats } from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import type { RedisServer } from '../support/redis.ts'

export const list: Contract = contractOf({ type: 'array' }, { name: 'list' })

export interface Opened {
  readonly host: Host
  readonly processor: Processor
}

/** `timeoutMs`: as much as possible, where the test is not about it: the machine may be busy. */
export async function open(
  server: RedisServer | string,
  options: Partial<RedisCacheOptions> = {},
  hostOptions: HostOptions = {},
  contract: Contract = list,
): Promise<Opened> {
  const connection = typeof server === 'string' ? server : server.url
  const shared = redisCache({ connection, timeoutMs: 1000, connectTimeoutMs: 5000, ...options })
  const host = await createHost({ engine: 'js', ...hostOptions, cache: { ...hostOptions.cache, shared } })
  onTestFinished(() => host.destroy())
  return { host, processor: host.processor(contract) }
}

export const sharedOf = ({ host }: Opened): SharedCacheStats =>
  (host.stats().cache as NonNullable<Stats['cache']>).shared as SharedCacheStats
