// The shared tier of the result cache over a real Redis: what processes share, what they must not, and the bounds.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { createHost, createRollout, lockText, type SidelaneError } from '../../src/index.ts'
import { describe, expect, test, type TestContext } from 'vitest'
import { metricsText } from '../../src/metrics/index.ts'
import { redisCache } from '../../src/redis-cache/index.ts'
import { act, faultyWorker } from '../support/faulty.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { connectionNames, keysOf, needRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { list, open, sharedOf, type Opened } from './kit.ts'

const root = new URL('../../', import.meta.url)
const keys = 'sidelane:cache:*'

/** What the first one computed is in Redis. */
const stored = async (one: Opened, count: number): Promise<void> => until(() => sharedOf(one).written === count)

describe('results', () => {
  test('are shared by hosts: accepted ones, canonical ones and rejections, with all their fields', async (context) => {
    const server = await needRedis(context)
    const [one, other] = [await open(server), await open(server)]
    const payloads = ['[1,2]', '{"not":"a list"}', '[', '[1,2]']
    const ask = ({ processor }: Opened) =>
      Promise.all(payloads.map((payload, i) => processor.process(payload, { canonical: i === 0 })))
    const wanted = await ask(one)
    await stored(one, 4)
    const found = await ask(other)
    expect(found.map(comparable)).toEqual(wanted.map(comparable))
    expect(found[0]).toMatchObject({ value: expect.any(Function) })
    expect(sharedOf(other)).toMatchObject({ hits: 4, misses: 0, hitRatio: 1, corrupt: 0, skipped: 0 })
    expect(sharedOf(one)).toMatchObject({ hits: 0, misses: 4, hitRatio: 0, written: 4 })
    expect(sharedOf(other).readBytes).toBe(sharedOf(one).writtenBytes)
    expect(other.processor.stats()).toMatchObject({
      accepted: 2,
      rejected: 2,
      cache: { hits: 0, misses: 4, entries: 4 },
    })
    // The local tier has them now.
    await ask(other)
    expect(other.processor.stats().cache).toMatchObject({ hits: 4, hitRatio: 0.5, shared: { hits: 4 } })
  })

  test('are shared by processes', async (context) => {
    const server = await needRedis(context)
    const program = `
      import { createProcessor, parseContract } from 'sidelane'
      import { redisCache } from 'sidelane/redis-cache'
      const [lock, connection] = process.argv.slice(1)
      const shared = redisCache({ connection, timeoutMs: 1000, connectTimeoutMs: 10_000 })
      const processor = await createProcessor(parseContract(lock), { cache: { shared } })
      const outcome = await processor.process('[1, 2, 3]')
      await processor.close()
      const { hits, written } = processor.stats().cache.shared
      console.log(JSON.stringify({ hits, written, digest: outcome.digest }))`
    const run = async (): Promise<unknown> => {
      const args = ['--input-type=module', '-e', program, lockText(list.lock), server.url]
      return JSON.parse((await promisify(execFile)(process.execPath, args, { cwd: root })).stdout)
    }
    const first = await run()
    expect(first).toMatchObject({ hits: 0, written: 1 })
    expect(await run()).toEqual({ ...(first as object), hits: 1, written: 0 })
  })

  test.each(['inline', 'pool', 'auto', 'sidecar'] as const)(
    'are shared by placements: %s',
    async (placement, context) => {
      const server = await needRedis(context as unknown as TestContext)
      const writer = await open(server)
      await writer.processor.process('[1]')
      await stored(writer, 1)
      const options = placement === 'sidecar' ? { launch: { daemon: 'node' as const } } : {}
      const { host } = await open(server, {}, { placement, deadlineMs: 20_000, ...options })
      const processor = host.processor(list)
      expect(await processor.process('[1]')).toMatchObject({ ok: true })
      expect(await processor.process('[2]')).toMatchObject({ ok: true })
      const items = []
      for await (const item of processor.stream(['[1]', '[2]', '[3]', '{}'])) items.push(item.ok)
      expect(items).toEqual([true, true, true, false])
      expect(host.stats().cache).toMatchObject({ hits: 2, misses: 4, shared: { hits: 1, misses: 3 } })
      await host.close()
    },
  )

  test('of another contract, key or prefix are others', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    await one.processor.process('[1]')
    const keyed = contractOf({}, { digest: 'hmac-sha-256', name: 'keyed' })
    const withKey = (n: number, { host }: Opened) => host.processor(keyed, { digestKey: new Uint8Array(16).fill(n) })
    const signed = await withKey(1, one).process('[1]')
    await stored(one, 2)
    const other = await open(server)
    const changed = other.host.processor(contractOf({ type: 'array', maxItems: 0 }, { name: 'list' }))
    expect(await changed.process('[1]')).toMatchObject({ ok: false })
    expect(sharedOf(other)).toMatchObject({ hits: 0, misses: 1 })
    expect((await withKey(2, other).process('[1]')).ok && signed.ok).toBe(true)
    expect(sharedOf(other)).toMatchObject({ hits: 0, misses: 2 })
    expect(comparable(await withKey(1, other).process('[1]'))).toEqual(comparable(signed))
    expect(sharedOf(other)).toMatchObject({ hits: 1 })
    const apart = await open(server, { prefix: 'apart' })
    await apart.processor.process('[1]')
    expect(sharedOf(apart)).toMatchObject({ hits: 0, misses: 1 })
  })

  test('of a rollout are those of its sides', async (context) => {
    const server = await needRedis(context)
    const baseline = (await open(server, { prefix: 'a' })).processor
    const candidate = await open(server, { prefix: 'b' })
    const rollout = await createRollout({
      contract: list,
      baseline,
      candidate: candidate.processor,
      percent: 100,
      fallback: false,
      deadlineMs: 20_000,
    })
    await rollout.process('[1]')
    await rollout.process('[1]')
    expect(candidate.processor.stats().cache).toMatchObject({ hits: 1, misses: 1, shared: { misses: 1 } })
    await rollout.close()
  })

  test('expire in Redis', async (context) => {
    const server = await needRedis(context)
    const one = await open(server, { ttlMs: 60_000 })
    await one.processor.process('[1]')
    await stored(one, 1)
    const [key = ''] = await keysOf(server, keys)
    const left = await server.with((client) => client.pttl(key))
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(60_000)
  })

  test('faults are not kept', async (context) => {
    const server = await needRedis(context)
    const one = await open(server, {}, { placement: 'pool', threads: 1, workerUrl: faultyWorker, deadlineMs: 20_000 })
    await expect(one.processor.process(act('throw'))).rejects.toMatchObject({ code: 'internal.panic' })
    await one.processor.process('[1]')
    await stored(one, 1)
    expect(await keysOf(server, keys)).toHaveLength(1)
  })
})

describe('one run', () => {
  test('equal payloads in flight have one read, one run and one write', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => one.processor.process('[1,2]')))
    expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.body.buffer)).size).toBe(200)
    await stored(one, 1)
    expect(one.processor.stats().cache).toMatchObject({
      hits: 199,
      misses: 1,
      shared: { hits: 0, misses: 1, written: 1 },
    })
    const other = await open(server)
    await Promise.all(Array.from({ length: 200 }, () => other.processor.process('[1,2]')))
    expect(other.processor.stats().cache).toMatchObject({
      hits: 199,
      misses: 1,
      shared: { hits: 1, misses: 0, written: 0 },
    })
  })

  test('reads of one turn are one command', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    await server.with((client) => client.config('RESETSTAT'))
    await Promise.all(Array.from({ length: 50 }, (_, i) => one.processor.process(`[${i}]`)))
    const stats = await server.with((client) => client.info('commandstats'))
    expect(/cmdstat_mget:calls=(\d+)/.exec(stats)?.[1]).toBe('1')
  })

  test('the bytes of a payload may be overwritten after process() has returned', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    const payload = new TextEncoder().encode('[1,2]')
    const pending = one.processor.process(payload, { canonical: true })
    payload.fill(0)
    const outcome = await pending
    expect(outcome.ok && Buffer.from(outcome.canonical).toString()).toBe('[1,2]')
  })

  test('a call may be cancelled while it is read for; others go on', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    const controller = new AbortController()
    const cancelled = one.processor.process('[1]', { signal: controller.signal })
    const other = one.processor.process('[1]')
    const alone = one.processor.process('[2]', { signal: controller.signal })
    controller.abort()
    for (const call of [cancelled, alone]) await expect(call).rejects.toMatchObject({ code: 'cancelled' })
    expect(await other).toMatchObject({ ok: true })
    await stored(one, 1)
    expect(one.processor.stats()).toMatchObject({ accepted: 1, cancelled: 2, inFlight: 0 })
  })

  test('a call whose deadline is near is not read for', async (context) => {
    const server = await needRedis(context)
    const one = await open(server, {}, { placement: 'pool', threads: 1, deadlineMs: 20_000 })
    await one.processor.process('[0]')
    await one.processor.process('[1]', { deadlineMs: 1999 }).catch((error: SidelaneError) => error)
    expect(sharedOf(one)).toMatchObject({ misses: 1, skipped: 1 })
  })
})

describe('values that are not those of this key', () => {
  const damages: [string, (value: Buffer, other: Buffer) => Buffer | string][] = [
    ['empty', () => ''],
    ['foreign', () => 'a text of another app that is longer than the head'],
    ['truncated', (value) => value.subarray(0, value.length - 1)],
    ['truncated in the head', (value) => value.subarray(0, 20)],
    ['longer', (value) => Buffer.concat([value, Buffer.of(0)])],
    [
      'with a bit that flipped',
      (value) => value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte)) as Buffer,
    ],
    ['of another version', (value) => value.map((byte, i) => (i === 4 ? byte + 1 : byte)) as Buffer],
    ['of another key', (_, other) => other],
    ['larger than maxValueBytes', (value) => Buffer.concat([value, Buffer.alloc(300_000)])],
  ]
  test('are misses, counted, and replaced', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    await one.processor.process('[2]')
    await stored(one, 1)
    const [otherKey = ''] = await keysOf(server, keys)
    const wanted = comparable(await one.processor.process('[1]'))
    await stored(one, 2)
    const key = (await keysOf(server, keys)).find((name) => name !== otherKey) ?? ''
    const [value, other] = await server.with((client) => client.mgetBuffer(key, otherKey))
    for (const [name, damage] of damages) {
      await server.with((client) => client.set(key, damage(value as Buffer, other as Buffer)))
      const reader = await open(server)
      expect(comparable(await reader.processor.process('[1]')), name).toEqual(wanted)
      expect(sharedOf(reader), name).toMatchObject({ hits: 0, misses: 1, corrupt: 1, breaker: { state: 'closed' } })
      await stored(reader, 1)
      expect(await server.with((client) => client.getBuffer(key)), name).toEqual(value)
      await reader.host.close()
    }
    // MGET finds no text there.
    await server.with(async (client) => client.del(key).then(() => client.lpush(key, 'a')))
    const reader = await open(server)
    expect(comparable(await reader.processor.process('[1]'))).toEqual(wanted)
    expect(sharedOf(reader)).toMatchObject({ hits: 0, misses: 1 })
  })
})

test('a value that is forged with its checksum is a miss where it is no outcome', async (context) => {
  const server = await needRedis(context)
  const one = await open(server)
  const wanted = await one.processor.process('{"a":1}')
  await stored(one, 1)
  const [key = ''] = await keysOf(server, keys)
  const value = await server.with((client) => client.getBuffer(key))
  const issue = { code: 'validate.failed', pointer: '', keyword: 'type', params: { expected: ['array'] } }
  const forged: readonly unknown[] = [
    { code: 'validate.failed', issues: [null], truncated: false },
    { code: 'validate.failed', issues: [{}], truncated: false },
    { code: 'overloaded', issues: [issue], truncated: false },
    null,
  ]
  for (const outcome of [{ code: 'validate.failed', issues: [issue], truncated: false }, ...forged]) {
    const name = JSON.stringify(outcome)
    const text = Buffer.from(name)
    const bytes = Buffer.concat([(value as Buffer).subarray(0, 36), text])
    bytes.writeUInt32LE(8 + text.length, 8)
    bytes.writeUInt32LE(text.length, 32)
    const digest = createHash('sha256').update(key).update(bytes.subarray(0, 12)).update(bytes.subarray(28)).digest()
    digest.copy(bytes, 12, 0, 16)
    await server.with((client) => client.set(key, bytes))
    const reader = await open(server)
    expect(await reader.processor.process('{"a":1}'), name).toEqual(wanted)
    // The first one is well made.
    const isForged = forged.includes(outcome)
    expect(sharedOf(reader), name).toMatchObject({ hits: isForged ? 0 : 1, corrupt: isForged ? 1 : 0 })
    await reader.host.close()
  }
})

describe('bounds', () => {
  test('results above maxValueBytes are not written', async (context) => {
    const server = await needRedis(context)
    const one = await open(server, { maxValueBytes: 200 })
    await one.processor.process(JSON.stringify(Array.from({ length: 200 }, (_, i) => `${(i * 7919) % 1009}`)))
    await one.processor.process('[1]')
    await stored(one, 1)
    expect(sharedOf(one)).toMatchObject({ tooLarge: 1, written: 1 })
  })

  test('reads and writes in flight are bounded; what is above them runs without', async (context) => {
    const server = await needRedis(context)
    const one = await open(server)
    const outcomes = await Promise.all(Array.from({ length: 2000 }, (_, i) => one.processor.process(`[${i}]`)))
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    const { skipped, misses, dropped } = sharedOf(one)
    expect(skipped).toBe(2000 - 256)
    expect(misses).toBe(256)
    expect(dropped).toBeGreaterThan(0)
    await until(() => sharedOf(one).written + sharedOf(one).dropped === 2000)
  })
})

describe('the host', () => {
  test('closes the connection that it opened, and no other', async (context) => {
    const server = await needRedis(context, { password: 'secret-of-redis' })
    const client = server.client()
    const shared = redisCache({ connection: client, timeoutMs: 1000, connectTimeoutMs: 5000 })
    const [one, other] = [await createHost({ cache: { shared } }), await createHost({ cache: { shared } })]
    const ours = async () => (await connectionNames(server)).filter((name) => name === 'sidelane-cache').length
    expect(await ours()).toBe(2)
    await one.processor(list).process('[1]')
    await one.close()
    await until(async () => (await ours()) === 1)
    expect(await other.processor(list).process('[1]')).toMatchObject({ ok: true })
    // What was written is there: close() sends it.
    expect(other.stats().cache?.shared).toMatchObject({ hits: 1 })
    await other.destroy()
    await until(async () => (await ours()) === 0)
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })

  test('does not keep the process alive', async (context) => {
    const server = await needRedis(context)
    const program = `
      import { createHost } from 'sidelane'
      import { redisCache } from 'sidelane/redis-cache'
      await createHost({ cache: { shared: redisCache({ connection: process.argv[1] }) } })
      console.log('done')`
    for (const url of [server.url, 'redis://127.0.0.1:1']) {
      const args = ['--input-type=module', '-e', program, url]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 40_000 })
      expect(stdout).toBe('done\n')
    }
  })

  test('has metrics of both tiers', async (context) => {
    const server: RedisServer = await needRedis(context)
    const one = await open(server)
    await one.processor.process('[1]')
    await stored(one, 1)
    await one.processor.process('[1]')
    const labels = 'contract="",placement="inline"'
    const page = metricsText(one.host)
    expect(page).toContain('sidelane_cache_hits_total{contract="list",placement="inline"} 1\n')
    expect(page).toContain(`sidelane_shared_cache_reads_total{${labels},result="miss"} 1\n`)
    expect(page).toContain(`sidelane_shared_cache_reads_total{${labels},result="hit"} 0\n`)
    expect(page).toContain(`sidelane_shared_cache_writes_total{${labels},result="written"} 1\n`)
    expect(page).toContain(`sidelane_shared_cache_breaker_state{${labels},state="closed"} 1\n`)
    expect(page).toMatch(/sidelane_shared_cache_bytes_total\{[^}]*direction="written"\} [1-9]/)
  })
})

test.each([
  {},
  { connection: 'http://host' },
  { connection: 'redis://h', ttlMs: 0 },
  { connection: 'redis://h', maxValueBytes: 1 },
  { connection: 'redis://h', prefix: 'a b' },
  { connection: 'redis://h', size: 1 },
  null,
])('%o is refused', (options) => {
  expect(() => redisCache(options as never)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
})

test('what is no shared cache is refused', async () => {
  for (const shared of ['redis://h', {}, null]) {
    await expect(createHost({ cache: { shared: shared as never } })).rejects.toMatchObject({ code: 'options.invalid' })
  }
  const prefixed = redisCache({ connection: { keyPrefix: 'x' } })
  await expect(createHost({ cache: { shared: prefixed } })).rejects.toMatchObject({ code: 'options.invalid' })
})
