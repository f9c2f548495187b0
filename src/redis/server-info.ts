// What INFO says: whether this is a Redis or Valkey that a queue can rely on.

import { SidelaneError } from '../model/index.ts'
import { warnOnce } from '#runtime'
import { redisFault } from './errors.ts'

interface InfoClient {
  info(...sections: string[]): Promise<string>
}

/** Below it, commands of BullMQ are missing. */
const minRedis = [6, 2] as const

const fieldsOf = (text: string): Map<string, string> =>
  new Map(
    text
      .split(/\r?\n/)
      .map((line) => line.split(':', 2) as [string, string])
      .filter(([, value]) => value !== undefined),
  )

/**
 * Rejects with `unavailable` for a server that is too old, a replica, or does not tell, and warns once where keys may be evicted:
 * a queue whose keys vanish loses payloads.
 */
export async function checkServer(client: InfoClient, address: string): Promise<void> {
  const info = await client.info().catch((error: unknown) => {
    throw redisFault(error, address)
  })
  const fields = fieldsOf(info)
  const version = fields.get('redis_version') ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // Valkey and other forks report here the version of Redis that they are compatible with.
  if (major < minRedis[0] || (major === minRedis[0] && minor < minRedis[1])) {
    throw new SidelaneError('unavailable', {
      message: `The Redis at ${address} has version ${version}; expected at least ${minRedis.join('.')}, or Valkey.`,
      params: { reason: 'redis.version', address, version },
    })
  }
  if (fields.get('role') === 'slave') {
    throw new SidelaneError('unavailable', {
      message: `The Redis at ${address} is a replica; expected the primary.`,
      params: { reason: 'redis.readonly', address },
    })
  }
  const policy = fields.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    warnOnce(
      'SIDELANE_REDIS_EVICTION',
      `The Redis at ${address} evicts keys when its memory is full (maxmemory-policy ${policy}), and with them payloads ` +
        'and results that nobody has read. Set maxmemory-policy to noeviction.',
    )
  }
}

/** The share of `maxmemory` that is in use; 0 without a limit. */
export async function memoryShare(client: InfoClient): Promise<number> {
  const fields = fieldsOf(await client.info('memory'))
  const max = Number(fields.get('maxmemory') ?? 0)
  return max > 0 ? Number(fields.get('used_memory') ?? 0) / max : 0
}
