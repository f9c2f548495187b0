// What goes wrong between a producer, a worker and their Redis: every fault is typed and says why, nothing is lost, and nothing
// is left behind.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { Queue as BullQueue } from 'bullmq'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDeadLetters, type QueueWorker, type QueueWorkerOptions } from '../../src/bullmq/index.ts'
import { batchId, payloadDigest } from '../../src/bullmq/names.ts'
import { payload, Queue, visit } from '../bullmq/queue-kit.ts'
import { act, faultyWorker } from '../support/faulty.ts'
import { contractOf } from '../support/locks.ts'
import { stopProcess } from '../support/processes.ts'
import { connectionNames, keysOf, needRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

const faultOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)
const both = (queue: Queue, connection: string): Promise<unknown[]> =>
  Promise.all([faultOf(queue.producer({ connection })), faultOf(queue.worker({ connection }))])
const unavailable = (reason: string): object => ({ code: 'unavailable', params: { reason } })

/** Forwards to the server, with other bytes in its answers. */
async function rewritingProxy(server: RedisServer, from: string, to: string): Promise<string> {
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    client.pipe(upstream)
    upstream.on('data', (bytes) => client.write(Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')))
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  return `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

/** Forwards to the server. `cut` closes all connections, and the next so many when they subscribe. */
async function cuttingProxy(server: RedisServer): Promise<{ readonly url: string; cut(subscribers: number): void }> {
  const clients = new Set<Socket>()
  let left = 0
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    clients.add(client)
    client.on('data', (bytes) => {
      if (left === 0 || !bytes.includes('\r\nsubscribe\r\n')) return void upstream.write(bytes)
      left--
      client.destroy()
    })
    upstream.pipe(client)
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
    client.on('close', () => clients.delete(client))
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut(subscribers) {
      left = subscribers
      for (const client of clients) client.destroy()
    },
  }
}

const deadLetters = async (queue: Queue): ReturnType<typeof openDeadLetters> => {
  const letters = await openDeadLetters({ connection: queue.server.url })
  onTestFinished(() => letters.close())
  return letters
}

describe('at the start', () => {
  it('a Redis that is down', async (context) => {
    const queue = await Queue.open(context)
    await queue.server.end('kill')
    for (const fault of await both(queue, queue.server.url))
      expect(fault).toMatchObject(unavailable('redis.unreachable'))
  })

  it('a wrong password', async (context) => {
    const server = await needRedis(context, { password: 'right' })
    const faults = await both(new Queue(server), `redis://:wrong@127.0.0.1:${server.port}`)
    for (const fault of faults) expect(fault).toMatchObject(unavailable('redis.auth'))
    await until(async () => (await connectionNames(server)).length === 0)
  })

  it('a version that is too old', async (context) => {
    const queue = await Queue.open(context)
    const version = await queue.server.with(
      async (client) => /redis_version:(\S+)/.exec(await client.info())?.[1] ?? '',
    )
    // Of the same length: the answer is framed by its size.
    const old = `5${version.slice(1)}`
    const url = await rewritingProxy(queue.server, `redis_version:${version}`, `redis_version:${old}`)
    for (const fault of await both(queue, url)) {
      expect(fault).toMatchObject({ ...unavailable('redis.version'), message: expect.stringContaining(old) as string })
    }
    await until(async () => (await connectionNames(queue.server)).length === 0)
  })

  it('a replica', async (context) => {
    const queue = await Queue.open(context)
    const replica = await needRedis(context, { args: ['--replicaof', '127.0.0.1', `${queue.server.port}`] })
    for (const fault of await both(queue, replica.url)) expect(fault).toMatchObject(unavailable('redis.readonly'))
  })

  it('a Redis that may evict keys: a warning', async (context) => {
    const queue = await Queue.open(context, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'])
    const warned = once(process, 'warning') as Promise<[Error & { code?: string }]>
    await queue.producer()
    const [warning] = await warned
    expect(warning.code).toBe('SIDELANE_REDIS_EVICTION')
    expect(warning.message).toContain('noeviction')
  })
})

describe('while it runs', () => {
  it('the connection of the replies is lost while it subscribes again: it subscribes on the next one', async (context) => {
    const queue = await Queue.open(context)
    const proxy = await cuttingProxy(queue.server)
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const producer = await queue.producer({ connection: proxy.url })
    const channels = (): Promise<string[]> =>
      queue.server.with(async (client) => (await client.pubsub('CHANNELS', '*')) as string[])
    const before = await channels()
    expect(before).toHaveLength(1)
    proxy.cut(2)
    await until(async () => (await channels()).length === 0)
    await until(async () => (await channels()).length === 1)
    expect(await channels()).toEqual(before)
    expect(producer.stats().queue?.redisErrors).toBeGreaterThanOrEqual(2)
    await queue.worker()
    expect(await producer.process(payload(1))).toMatchObject({ ok: true })
    expect(unhandled).toEqual([])
  })

  it('Redis is away: calls wait for it, up to giveUpMs', async (context) => {
    const queue = await Queue.open(context, ['--appendonly', 'yes'])
    await queue.worker()
    const producer = await queue.producer({ giveUpMs: 400 })
    await producer.process(payload(1))
    await queue.server.end('kill')
    await expect(producer.process(payload(2))).rejects.toMatchObject(unavailable('redis.unreachable'))
    expect(producer.stats()).toMatchObject({ inFlight: 0, queued: 0 })
    // Also those of a stream, which have no deadline.
    const items: unknown[] = []
    for await (const item of producer.stream([payload(3), payload(4)])) items.push(item)
    expect(items).toMatchObject([{ code: 'unavailable' }, { code: 'unavailable' }])
    await queue.server.start()
    const patient = await queue.producer()
    await queue.server.end('kill')
    const call = patient.process(payload(5))
    await queue.server.start()
    expect(await call).toMatchObject({ ok: true })
    // It connects again within seconds.
    const isOk = (): Promise<boolean> =>
      producer.process(payload(6)).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(isOk).toBe(true)
    expect(producer.stats().queue?.redisErrors).toBeGreaterThan(0)
  })

  it('Redis hangs: deadlines hold, and nothing gathers', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker()
    const producer = await queue.producer({ maxInFlight: 50 })
    await producer.process(payload(1))
    await stopProcess(queue.server)
    const calls = Array.from({ length: 100 }, (_, n) => faultOf(producer.process(payload(n + 2), { deadlineMs: 200 })))
    const codes = (await Promise.all(calls)).map((error) => (error as { code: string }).code)
    expect(codes.filter((code) => code === 'deadline.exceeded')).toHaveLength(50)
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(50)
    process.kill(queue.server.pid, 'SIGCONT')
    expect(await producer.process(payload(200))).toMatchObject({ ok: true })
  })

  it('Redis has no memory left: overloaded, and it goes on when there is some', async (context) => {
    const queue = await Queue.open(context, ['--maxmemory-policy', 'noeviction'])
    const large = contractOf({}, { name: 'large' })
    const producer = await queue.producer({ giveUpMs: 300, maxRedisMemory: 1 }, large)
    const patient = await queue.producer({ maxRedisMemory: 1 }, large)
    await queue.server.with((client) => client.config('SET', 'maxmemory', '1mb'))
    await expect(producer.process(JSON.stringify('x'.repeat(500_000)))).rejects.toMatchObject({
      code: 'overloaded',
      params: { reason: 'redis.memory' },
      retryAfterMs: 1000,
    })
    // Those that come later wait as long, those of a stream too.
    const later = { code: 'overloaded', params: { reason: 'redis.memory' } }
    await expect(producer.process('[0]')).rejects.toMatchObject(later)
    for await (const item of producer.stream(['[0]'])) expect(item).toMatchObject({ ok: false, error: later })
    await expect(producer.submit(['[0]'])).rejects.toMatchObject(later)
    const waiting = patient.process('[1]')
    await until(() => (patient.stats().queue?.redisErrors ?? 0) > 0)
    await queue.server.with((client) => client.config('SET', 'maxmemory', '0'))
    await queue.worker({}, [large])
    expect(await waiting).toMatchObject({ ok: true })
  })

  it('Redis is away while too much waits: submit gives up too; with Redis there it waits', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer({ giveUpMs: 400, maxWaiting: 1 })
    await producer.submit([payload(1)])
    await until(() => producer.stats().queue?.blocked === true)
    const submitted = producer.submit([payload(2)])
    expect(await Promise.race([submitted, new Promise((resolve) => setTimeout(resolve, 800, 'waits'))])).toBe('waits')
    const rejected = expect(submitted).rejects.toMatchObject(unavailable('redis.unreachable'))
    await queue.server.end('kill')
    await rejected
  })

  it('the memory of Redis is short: a producer submits nothing until there is room', async (context) => {
    const queue = await Queue.open(context, ['--maxmemory-policy', 'noeviction'])
    const producer = await queue.producer({ batch: { maxPayloads: 1, maxWaitMs: 0 }, maxRedisMemory: 0.001 })
    await queue.server.with((client) => client.config('SET', 'maxmemory', '100mb'))
    const first = producer.process(payload(1))
    await until(() => producer.stats().queue?.blocked === true)
    const second = producer.process(payload(2))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await queue.server.with((client) => client.llen('sidelane:sidelane:wait'))).toBe(1)
    await queue.server.with((client) => client.config('SET', 'maxmemory', '0'))
    await queue.worker()
    expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }])
  })

  it('Redis becomes a replica: unavailable, and it goes on when it is the primary again', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker()
    const producer = await queue.producer({ giveUpMs: 300 })
    await producer.process(payload(1))
    await queue.server.with((client) => client.replicaof('127.0.0.1', 1))
    await expect(producer.process(payload(2))).rejects.toMatchObject({ code: 'unavailable' })
    await queue.server.with((client) => client.replicaof('NO', 'ONE'))
    const isOk = (): Promise<boolean> =>
      producer.process(payload(3)).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(isOk).toBe(true)
  })

  it('Redis has lost everything: what is in flight is submitted again', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer()
    const calls = Promise.all([1, 2, 3].map((n) => producer.process(payload(n))))
    await until(async () => (await queue.server.with((client) => client.llen('sidelane:sidelane:wait'))) === 1)
    await queue.server.with((client) => client.flushall())
    await queue.worker()
    expect(await calls).toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
    expect(producer.stats().queue?.batches).toMatchObject({ lost: 1 })
  })
})

describe('a batch', () => {
  it('whose lock is lost runs twice, and has one result', async (context) => {
    const queue = await Queue.open(context)
    let runs = 0
    const workers: QueueWorker[] = []
    // Until the other worker has run it.
    const isRunAgain = (): boolean => runs === 2 && workers.some((worker) => worker.stats().queue?.inFlight === 0)
    const slow: Partial<QueueWorkerOptions> = {
      lockMs: 1000,
      async results() {
        if (++runs === 1) await until(isRunAgain)
      },
    }
    workers.push(await queue.worker(slow), await queue.worker(slow))
    const producer = await queue.producer()
    await producer.submit([payload(1)])
    await until(() => runs === 1)
    const [lock = ''] = await keysOf(queue.server, '*:lock')
    await queue.server.with((client) => client.set(lock, 'another'))
    await queue.server.with((client) => client.pexpire(lock, 10))
    await until(() => runs === 2)
    await until(() => workers.every((worker) => worker.stats().queue?.inFlight === 0))
    expect(queue.events.map(({ type }) => type)).toContain('stalled')
    expect(await keysOf(queue.server, 'sidelane:r:*')).toHaveLength(1)
    const counts = workers.map((worker) => worker.stats().queue?.payloads ?? {})
    expect(counts.reduce((sum, one) => sum + (one['accepted'] ?? 0), 0)).toBe(1)
    expect(counts.reduce((sum, one) => sum + (one['raced'] ?? 0), 0)).toBe(1)
    expect(await keysOf(queue.server, `sidelane:sidelane:${visit.id}-*`)).toEqual([])
  })

  it('that kills its worker each time is dead in the end; its other payloads have their results', async (context) => {
    const queue = await Queue.open(context)
    const anything = contractOf({}, { name: 'anything' })
    await queue.worker({ placement: 'pool', threads: 1, engine: 'js', workerUrl: faultyWorker }, [anything])
    const producer = await queue.producer({}, anything)
    const calls = await Promise.all(['[1]', act('exit'), '[2]'].map((text) => faultOf(producer.process(text))))
    expect(calls).toMatchObject([{ ok: true }, { code: 'internal.panic' }, { ok: true }])
    const letters = await deadLetters(queue)
    expect(await letters.count()).toBe(1)
    const [letter] = await letters.list()
    expect(letter).toMatchObject({ contract: 'anything', error: { code: 'internal.panic' }, attempts: 1 })
    expect(letter?.payloads.map((bytes) => Buffer.from(bytes).toString())).toContain(act('exit'))
    expect(queue.events).toMatchObject([{ type: 'dead', code: 'internal.panic' }])
    expect(await letters.remove(letter?.id ?? '')).toBe(true)
    expect(await letters.count()).toBe(0)
  })

  it('of another contract is refused, kept, and processed once there is a worker for it', async (context) => {
    const queue = await Queue.open(context)
    const next = contractOf({ type: 'object' }, { name: 'visit' })
    const old = await queue.worker()
    const producer = await queue.producer({ attempts: 2 }, next)
    const fault = await faultOf(producer.process('{}'))
    expect(fault).toMatchObject({ code: 'contract.mismatch', params: { have: visit.id, want: next.id } })
    expect(queue.events.map(({ type }) => type)).toEqual(['retry', 'dead'])
    await old.close()
    // The same payload again: its dead batch is started again. Another way is the list of dead batches.
    await queue.worker({}, [visit, next])
    expect(await producer.process('{}')).toMatchObject({ ok: true })
    expect(await (await deadLetters(queue)).count()).toBe(0)

    const unknown = await queue.producer({ attempts: 1 }, contractOf({}, { name: 'unheard' }))
    await expect(unknown.process('[]')).rejects.toMatchObject({ code: 'contract.unknown' })
    const letters = await deadLetters(queue)
    const [letter] = await letters.list()
    expect(await letters.retry(letter?.id ?? '')).toBe(true)
    await until(() => queue.events.filter(({ type }) => type === 'dead').length === 3)
    expect(await letters.retry('none')).toBe(false)
  })

  it('waits during a deploy for a worker that has its contract', async (context) => {
    const queue = await Queue.open(context)
    const next = contractOf({ type: 'object' }, { name: 'visit' })
    await queue.worker()
    const producer = await queue.producer({}, next)
    const call = producer.process('{}')
    await until(() => queue.events.length > 0)
    await queue.worker({}, [next])
    expect(await call).toMatchObject({ ok: true })
  })

  it('that no producer of sidelane made is dead, and harms nobody', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker()
    const foreign = new BullQueue('sidelane', { connection: { port: queue.server.port }, prefix: 'sidelane' })
    await foreign.add('mail', { to: 'someone' })
    await foreign.add('visit', { v: 1, contract: 'visit', id: visit.id, reply: '', payloads: ['{}'] }, { jobId: 'x' })
    const jobId = batchId(visit.id, [payloadDigest(visit, undefined)(Buffer.from('{}'))])
    const batch = { v: 1, contract: 'visit', id: visit.id, reply: '', payloads: ['{}'], trace: [7] }
    await foreign.add('visit', batch, { jobId })
    await until(() => queue.events.length === 3)
    const violation = { type: 'dead', code: 'protocol.violation' }
    expect(queue.events).toMatchObject([violation, violation, violation])
    expect(await (await queue.producer()).process(payload(1))).toMatchObject({ ok: true })
    await foreign.close()
  })

  it('that BullMQ cannot read is dead after it was taken over', async (context) => {
    const queue = await Queue.open(context)
    const foreign = new BullQueue('sidelane', { connection: { port: queue.server.port }, prefix: 'sidelane' })
    const fields = ['data', 'opts', 'progress', 'parent', 'rjk']
    for (const field of fields) {
      await foreign.add('mail', {}, { jobId: field })
      await queue.server.with((client) => client.hset(`sidelane:sidelane:${field}`, field, 'no JSON'))
    }
    await queue.worker({ batch: { concurrency: 1 }, lockMs: 1000 })
    const letters = await deadLetters(queue)
    await until(async () => (await letters.count()) === fields.length)
    const list = await letters.list()
    expect(new Map(list.map(({ id, error }) => [id, error.code]))).toEqual(
      new Map(fields.map((field) => [field, 'protocol.violation'])),
    )
    expect(await (await queue.producer()).process(payload(1))).toMatchObject({ ok: true })
    await foreign.close()
  })
})

describe('the end', () => {
  it('a worker finishes what it runs, and leaves the rest', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer({ batch: { maxPayloads: 1, maxWaitMs: 0 } })
    await producer.submit(Array.from({ length: 8 }, (_, n) => payload(n)))
    const taken: unknown[] = []
    const worker = await queue.worker({
      batch: { concurrency: 1 },
      async results(results) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        taken.push(...results)
      },
    })
    await until(() => worker.stats().queue?.inFlight === 1)
    await worker.close()
    expect(taken.length).toBe(await keysOf(queue.server, 'sidelane:r:*').then((keys) => keys.length))
    expect(taken.length).toBeLessThan(8)
    expect(worker.stats().queue?.batches).toMatchObject({ completed: taken.length })
  })

  it('a signal closes a worker; a producer that is destroyed fails its calls', async (context) => {
    const queue = await Queue.open(context)
    const controller = new AbortController()
    const worker = await queue.worker({ signal: controller.signal })
    controller.abort()
    await worker.closed
    const late = await queue.worker({ signal: controller.signal })
    await late.closed
    const producer = await queue.producer()
    const call = faultOf(producer.process(payload(1)))
    await producer.destroy()
    expect(await call).toMatchObject({ code: 'unavailable' })
    await until(async () => (await connectionNames(queue.server)).length === 0)
  })

  it('a worker that is closed tries no write again', async (context) => {
    const queue = await Queue.open(context, ['--maxmemory-policy', 'noeviction'])
    const producer = await queue.producer()
    const worker = await queue.worker({
      closeTimeoutMs: 200,
      results: () => queue.server.with(async (client) => void (await client.config('SET', 'maxmemory', '1mb'))),
    })
    await producer.submit([payload(1)])
    await until(() => queue.events.length > 1)
    await worker.close()
    const events = queue.events.length
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(queue.events.slice(events)).toEqual([])
  })

  it('closing works while Redis is down', async (context) => {
    const queue = await Queue.open(context)
    const worker = await queue.worker({ closeTimeoutMs: 500 })
    const producer = await queue.producer()
    await queue.server.end('kill')
    await Promise.all([worker.close(), producer.close()])
    expect([worker.state, producer.state]).toEqual(['closed', 'closed'])
  })
})
