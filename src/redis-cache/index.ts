// The entry `sidelane/redis-cache`: a second tier of the result cache in Redis or Valkey, which processes share.

import type { SharedCache } from '../model/index.ts'
import { resolveRedisCache, type RedisCacheOptions } from './options.ts'
import { openTier } from './redis-tier.ts'

export type { SharedCache, SharedCacheStats } from '../model/index.ts'
export type { RedisConnection } from '../redis/index.ts'
export type { RedisCacheOptions } from './options.ts'

/**
 * A second tier for `cache.shared`, in Redis or Valkey, for all processes and machines that have the same contracts. It needs
 * ioredis. Each host opens a connection of its own, and closes it. A Redis that is slow or down fails no call.
 *
 * ```js
 * import { createProcessor } from 'sidelane'
 * import { redisCache } from 'sidelane/redis-cache'
 *
 * const shared = redisCache({ connection: 'redis://localhost:6379' })
 * const processor = await createProcessor(order, { cache: { shared } })
 * ```
 *
 * Throws `options.invalid`.
 */
export function redisCache(options: RedisCacheOptions): SharedCache {
  const settings = resolveRedisCache(options)
  return Object.freeze({ open: () => openTier(settings) })
}
