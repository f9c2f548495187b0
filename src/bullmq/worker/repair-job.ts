// A job of someone else may have fields that BullMQ cannot read. Then no worker can fail it, and each takes it over from the last one.

import type { OpenRedis } from '../../redis/index.ts'

/** Makes the job of this key readable: its next run finds that it is no batch. What was its data stays, as a text. */
export async function repairJob(client: OpenRedis['client'], key: string): Promise<void> {
  const [data, options, progress, parent, repeated] = await client.hmget(
    key,
    'data',
    'opts',
    'progress',
    'parent',
    'rjk',
  )
  const readable: Record<string, string> = {
    ...(isBroken(data) && { data: JSON.stringify(data) }),
    ...(isBroken(options) && { opts: '{}' }),
    ...(isBroken(progress) && { progress: '0' }),
  }
  // A batch has no parent, and is not repeated.
  const unknown = [...(isBroken(parent) ? ['parent'] : []), ...(repeated === null ? [] : ['rjk'])]
  if (Object.keys(readable).length > 0) await client.hset(key, readable)
  if (unknown.length > 0) await client.hdel(key, ...unknown)
}

/** There, and no JSON, or null. */
function isBroken(value: string | null | undefined): boolean {
  if (value === null || value === undefined || value === '') return false
  try {
    return JSON.parse(value) === null
  } catch {
    return true
  }
}
