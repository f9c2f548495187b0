// A shared cache whose Redis is stopped, dead, locked, full or restarted: no call fails, and at most the calls of a few milliseconds
// wait for it.
import { readdirSync, readlinkSync } from 'node:fs'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { hangingServer } from '../redis-cache/hanging-server.ts'
import { open, sharedOf, type Opened } from '../redis-cache/kit.ts'
import { freePort } from '../support/free-port.ts'
import { stopProcess } from '../support/processes.ts'
import { connectionNames, needRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

let next = 0
const fresh = (): string => `[${next++}]`
const ask = async ({ processor }: Opened): Promise<void> => {
  expect(await processor.process(fresh())).toMatchObject({ ok: true })
}

/** Calls until the shared tier answers again. */
const recovered = (one: Opened): Promise<void> =>
  until(async () => {
    await ask(one)
    return sharedOf(one).breaker.state === 'closed'
  })

test('stopped with SIGSTOP: one wait of at most timeoutMs, then none until it runs again', async (context) => {
  const server = await needRedis(context)
  const one = await open(server, { timeoutMs: 500 })
  await ask(one)
  await stopProcess(server)
  onTestFinished(() => void process.kill(server.pid, 'SIGCONT'))
  // All of them are in flight when the first one is late, and end with it.
  await Promise.all(Array.from({ length: 50 }, () => ask(one)))
  const { timeouts, skipped } = sharedOf(one)
  expect(timeouts).toBe(50)
  expect(sharedOf(one)).toMatchObject({ breaker: { state: 'open', opened: 1 } })
  expect(sharedOf(one).lastError).toMatch(/^The Redis at redis:\/\/127\.0\.0\.1:\d+ did not answer within 500 ms\.$/)
  for (let i = 0; i < 2000; i++) await ask(one)
  expect(sharedOf(one)).toMatchObject({ timeouts, skipped: skipped + 2000 })
  expect(one.processor.stats()).toMatchObject({ failed: 0, deadlineExceeded: 0, inFlight: 0 })
  process.kill(server.pid, 'SIGCONT')
  await recovered(one)
  const { hits, misses } = sharedOf(one)
  await ask(one)
  expect(sharedOf(one)).toMatchObject({ hits, misses: misses + 1 })
})

test('a short deadline holds while Redis is stopped', async (context) => {
  const server = await needRedis(context)
  const one = await open(server, { timeoutMs: 1000 }, { placement: 'pool', threads: 1, deadlineMs: 20_000 })
  await ask(one)
  await stopProcess(server)
  onTestFinished(() => void process.kill(server.pid, 'SIGCONT'))
  const result = await one.processor.process(fresh(), { deadlineMs: 4 }).catch((error: unknown) => error)
  // The pool may be late; Redis is not asked.
  expect(sharedOf(one)).toMatchObject({ timeouts: 0, skipped: 1 })
  expect([true, 'deadline.exceeded']).toContain((result as { ok?: boolean }).ok ?? (result as { code: string }).code)
})

test('killed: calls go on, and it is used again when it is back', async (context) => {
  const server = await needRedis(context)
  const one = await open(server)
  await ask(one)
  await server.end('kill')
  for (let i = 0; i < 100; i++) await ask(one)
  expect(sharedOf(one).breaker).toMatchObject({ state: expect.not.stringMatching('closed') })
  expect(one.processor.stats()).toMatchObject({ failed: 0, accepted: 101 })
  await server.start()
  await recovered(one)
  await ask(one)
  expect(sharedOf(one).misses).toBeGreaterThan(1)
})

test('absent, silent, or with another password: the host opens, calls run, and no password is shown', async (context) => {
  const secret = 'c0rrect-horse'
  const server = await needRedis(context, { password: secret })
  const silent = await hangingServer()
  const wrong = `redis://:wrong-${secret}@127.0.0.1:${server.port}`
  for (const [url, text, options] of [
    [wrong, 'refuses the user or the password'],
    [`redis://127.0.0.1:${server.port}`, 'refuses the user or the password'],
    [`redis://:${secret}@127.0.0.1:${await freePort()}`, 'does not answer'],
    [silent, 'does not answer', { connectTimeoutMs: 300 }],
  ] as const) {
    const one = await open(url, options)
    for (let i = 0; i < 100; i++) await ask(one)
    const stats = sharedOf(one)
    expect(stats, url).toMatchObject({ hits: 0, misses: 0, written: 0, skipped: 100 })
    expect(stats.lastError, url).toContain(text)
    expect(inspect(one.host.stats(), { depth: 9 })).not.toContain(secret)
    await one.host.close()
  }
  await until(async () => (await connectionNames(server)).length === 0)
})

test('full: results are read, writes stop, and start again when there is room', async (context) => {
  const server = await needRedis(context)
  const [one, other] = [await open(server), await open(server)]
  await one.processor.process('["known"]')
  await until(() => sharedOf(one).written === 1)
  await server.with((client) => client.config('SET', 'maxmemory', '1'))
  expect(await other.processor.process('["known"]')).toMatchObject({ ok: true })
  await ask(other)
  await until(() => sharedOf(other).writeFailed === 1)
  for (let i = 0; i < 50; i++) await ask(other)
  const { hits, misses, writeFailed, breaker, lastError } = sharedOf(other)
  expect({ hits, misses, state: breaker.state }).toEqual({ hits: 1, misses: 51, state: 'closed' })
  // The next one is tried after 500 ms.
  expect(writeFailed).toBeLessThan(5)
  expect(lastError).toContain('no memory left')
  await server.with((client) => client.config('SET', 'maxmemory', '0'))
  await until(async () => {
    await ask(other)
    return sharedOf(other).written > 0
  })
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Sockets of this process. */
const sockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      // The descriptor of the folder itself.
      return false
    }
  }).length

test.skipIf(process.platform !== 'linux')(
  'restarted 20 times: one connection, one socket, and no memory that grows',
  async (context) => {
    const server: RedisServer = await needRedis(context)
    const without = sockets()
    const one = await open(server)
    const heaps: number[] = []
    for (let i = 0; i < 20; i++) {
      await server.end(i % 2 === 0 ? 'kill' : 'clean')
      await ask(one)
      await server.start()
      await recovered(one)
      expect((await connectionNames(server)).filter((name) => name === 'sidelane-cache')).toHaveLength(1)
      await until(() => sockets() <= without + 1)
      collect()
      heaps.push(process.memoryUsage().heapUsed)
    }
    expect(one.processor.stats()).toMatchObject({ failed: 0, inFlight: 0 })
    expect(sharedOf(one).breaker.opened).toBeGreaterThanOrEqual(20)
    expect((heaps.at(-1) as number) - (heaps[4] as number)).toBeLessThan(2 * 1_048_576)
    await one.host.close()
    await until(async () => (await connectionNames(server)).length === 0)
    await until(() => sockets() === without)
  },
)
