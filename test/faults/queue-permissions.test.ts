// A user of Redis whose access control list forbids something: every fault says so, and nothing turns in circles.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openDeadLetters } from '../../src/bullmq/index.ts'
import { payload, Queue } from '../bullmq/queue-kit.ts'
import { connectionNames, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

const forbidden = { code: 'unavailable', params: { reason: 'redis.auth' } }

/** The URL of a user with these rules. */
async function userOf(server: RedisServer, ...rules: readonly string[]): Promise<string> {
  await server.with((client) => client.acl('SETUSER', 'app', 'reset', 'on', '>secret', ...rules))
  return `redis://app:secret@127.0.0.1:${server.port}`
}

const without = (server: RedisServer, ...commands: readonly string[]): Promise<string> =>
  userOf(server, '~*', '&*', '+@all', ...commands.map((command) => `-${command}`))

it('the user of the docs may do what a queue takes', async (context) => {
  const queue = await Queue.open(context)
  const [, rules = ''] = /a user for it: `([^`]+)`/.exec(readFileSync('docs/queue.md', 'utf8')) ?? []
  const connection = await userOf(queue.server, ...rules.split(' '))
  let isBroken = true
  const results = (): void => {
    if (isBroken) throw new Error('broken')
  }
  const worker = await queue.worker({ connection, results })
  const producer = await queue.producer({ connection, attempts: 2 })
  await expect(producer.process(payload(1))).rejects.toMatchObject({ code: 'app.threw' })
  await using dead = await openDeadLetters({ connection })
  const [letter] = await dead.list()
  isBroken = false
  expect(await dead.retry(letter?.id ?? '')).toBe(true)
  await until(() => worker.stats().queue?.batches['completed'] === 1)
  await worker.close()
  await queue.worker({ connection })
  expect(await producer.process(payload(2))).toMatchObject({ ok: true })
  expect(producer.stats().queue?.redisErrors).toBe(0)
  expect(queue.events.map(({ type }) => type)).toEqual(['retry', 'dead'])
})

it('INFO: neither a producer nor a worker is made', async (context) => {
  const queue = await Queue.open(context)
  const connection = await without(queue.server, 'info')
  await expect(queue.producer({ connection })).rejects.toMatchObject(forbidden)
  await expect(queue.worker({ connection })).rejects.toMatchObject(forbidden)
  await until(async () => (await connectionNames(queue.server)).length === 0)
})

it('MGET: the batch fails as Redis does', async (context) => {
  const queue = await Queue.open(context)
  await queue.worker({ connection: await without(queue.server, 'mget') })
  const producer = await queue.producer({ attempts: 2 })
  await expect(producer.process(payload(1))).rejects.toMatchObject(forbidden)
  expect(queue.events).toMatchObject([
    { type: 'retry', code: 'unavailable' },
    { type: 'dead', code: 'unavailable' },
  ])
})

it.for([['eval', 'evalsha'], ['bzpopmin']])(
  '%j: a worker asks twice a second, and serves when it may',
  async (commands, context) => {
    const queue = await Queue.open(context)
    const connection = await without(queue.server, ...commands)
    const call = (await queue.producer()).process(payload(1))
    call.catch(() => undefined)
    await until(async () => (await queue.server.with((client) => client.llen('sidelane:sidelane:wait'))) === 1)
    await queue.worker({ connection })
    await until(() => queue.events.length > 0)
    const before = queue.events.length
    await new Promise((resolve) => setTimeout(resolve, 1100))
    // Some events are of one refusal.
    expect(queue.events.length - before).toBeLessThan(9)
    await without(queue.server)
    expect(await call).toMatchObject({ ok: true })
  },
)
