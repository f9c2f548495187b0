// What the user gets to see of a Redis: its address and what is wrong, never the password.
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openRedis, redisFault, type RedisConnection } from '../../src/redis/index.ts'
import { addressOf, connectionRule } from '../../src/redis/redis-connection.ts'
import { connectionNames, needRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const secret = 'c0rrect-horse'
const open = (connection: RedisConnection): ReturnType<typeof openRedis> =>
  openRedis(connection, {
    name: 'test',
    whenDown: 'fail',
    connectTimeoutMs: 3000,
    onError: () => undefined,
  })

describe('the address', () => {
  it.each<[RedisConnection, string]>([
    [`redis://:${secret}@host:7000/2`, 'redis://host:7000/2'],
    [`rediss://user:${secret}@host`, 'rediss://host'],
    [{ password: secret }, 'redis://localhost:6379'],
    [{ host: 'h', port: 1, db: 3, tls: {}, username: secret }, 'rediss://h:1/3'],
    [{ path: '/run/redis.sock', password: secret }, '/run/redis.sock'],
    [{ sentinels: [{ host: 'a' }], name: 'main', sentinelPassword: secret }, 'sentinel:main'],
    [new Redis({ host: 'h', password: secret, lazyConnect: true }), 'redis://h:6379'],
    [`not a url ${secret}`, 'redis'],
  ])('%#', (connection, address) => {
    expect(addressOf(connection)).toBe(address)
  })

  it('a URL of something else is no connection', () => {
    expect(['http://host', 'redis://', secret, 7, null].map((one) => connectionRule.value(one))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    )
  })
})

describe('a fault', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'overloaded', 'redis.memory'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'unavailable', 'redis.auth'],
    ["READONLY You can't write against a read only replica.", 'unavailable', 'redis.readonly'],
    ['LOADING Redis is loading the dataset in memory', 'unavailable', 'redis.busy'],
    ['Connection is closed.', 'unavailable', 'redis.unreachable'],
    ['Command aborted due to connection close', 'unavailable', 'redis.unreachable'],
    ['All sentinels are unreachable. Retrying from scratch after 10ms.', 'unavailable', 'redis.unreachable'],
    [`ERR unknown command 'x', with args beginning with: '${secret}'`, 'unavailable', 'redis.error'],
  ])('%s', (message, code, reason) => {
    const error = Object.assign(new Error(message), { command: { name: 'auth', args: [secret] } })
    const fault = redisFault(error, 'redis://host:6379')
    expect(fault).toMatchObject({ code, retryable: true, params: { reason, address: 'redis://host:6379' } })
    expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain(secret)
  })

  it('of a value that is no JSON does not quote it', () => {
    let error: unknown
    try {
      JSON.parse(secret)
    } catch (cause) {
      error = cause
    }
    expect(inspect(error)).toContain(secret)
    expect(redisFault(error, 'redis://host').message).toBe(
      'The Redis at redis://host failed: it has a value that is no JSON.',
    )
  })

  it('of a connection has no password in it, whatever is wrong', async (context) => {
    const server = await needRedis(context, { password: secret })
    for (const connection of [
      `redis://:wrong-${secret}@127.0.0.1:${server.port}`,
      { port: server.port, password: `wrong-${secret}` },
      { port: 1, password: secret },
      `redis://:${secret}@host.invalid:1`,
    ]) {
      const fault = await open(connection).catch((error: unknown) => error)
      expect(fault).toMatchObject({ code: 'unavailable' })
      expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain(secret)
    }
    await until(async () => (await connectionNames(server)).length === 0)
  })
})

describe('a connection', () => {
  it('may be a URL, options or a client, which stays as it is', async (context) => {
    const server = await needRedis(context, { password: secret })
    const client = server.client()
    for (const connection of [server.url, { port: server.port, password: secret }, client]) {
      const redis = await open(connection)
      expect(await redis.client.ping()).toBe('PONG')
      await redis.close()
    }
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
    await until(async () => (await connectionNames(server)).length === 0)
  })

  it('that waits keeps its commands over a restart, one that fails keeps none', async (context) => {
    const server = await needRedis(context, { args: ['--appendonly', 'yes'] })
    const options = { name: 'test', connectTimeoutMs: 3000, silentMs: 15_000, onError: () => undefined }
    const waiting = await openRedis(server.url, { ...options, whenDown: 'wait' })
    const failing = await openRedis(server.url, { ...options, whenDown: 'fail' })
    await server.end('kill')
    const kept = waiting.client.set('a', '1')
    const lost = await failing.client.set('b', '1').catch((error: unknown) => redisFault(error, ''))
    expect(lost).toMatchObject({ params: { reason: 'redis.unreachable' } })
    await server.start()
    expect(await kept).toBe('OK')
    await until(() => failing.client.status === 'ready')
    expect(await failing.client.get('b')).toBeNull()
    await Promise.all([waiting.close(), failing.close()])
  })

  it.each(['fail', 'wait'] as const)('whose server is gone without a word is made again: %s', async (whenDown) => {
    // Takes commands, and answers those of the second connection.
    let connections = 0
    const server = createServer((socket) => {
      const isSilent = ++connections === 1
      socket.on('data', (bytes) => {
        const commands = bytes.toString().match(/^\*\d+\r$/gm)?.length ?? 0
        if (!isSilent || !bytes.includes('get')) socket.write('+OK\r\n'.repeat(commands))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const redis = await openRedis(
      { port, host: '127.0.0.1', enableReadyCheck: false, protocol: 2 },
      { name: 'test', whenDown, connectTimeoutMs: 3000, silentMs: 50, onError: () => undefined },
    )
    const first = await redis.client.get('a').catch((error: unknown) => redisFault(error, '').params?.['reason'])
    expect(first).toBe(whenDown === 'wait' ? 'OK' : 'redis.unreachable')
    await until(() => redis.client.status === 'ready')
    expect(await redis.client.get('b')).toBe('OK')
    await redis.close()
  })

  it.each([{ keyPrefix: 'x:' }, 'redis://127.0.0.1?keyPrefix=x:'])('refuses %o', async (options) => {
    await expect(open(options)).rejects.toMatchObject({ code: 'options.invalid' })
  })
})
