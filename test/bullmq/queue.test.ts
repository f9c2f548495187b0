// Producers and workers over a real Redis: outcomes are those of inline, each payload has one result, results go where the user
// says.
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createProcessor } from '../../src/create.ts'
import { openDeadLetters, type QueueResult, type ServedContract } from '../../src/bullmq/index.ts'
import { metricsText } from '../../src/metrics/index.ts'
import type { Outcome } from '../../src/model/index.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { connectionNames, keysOf } from '../support/redis.ts'
import { bytesOfEachKind } from '../support/payload-kinds.ts'
import { until } from '../support/until.ts'
import { payload, Queue, visit } from './queue-kit.ts'

const payloads: readonly unknown[] = [
  payload(1),
  Buffer.from(payload(2)),
  { n: 3, name: 'é 😀' },
  '{"n":"x"}',
  '{"n":1',
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  Buffer.from('\uFEFF{"n":1}'),
  '"\ud800"',
  { n: Number.NaN },
  '',
  ...bytesOfEachKind(payload(4)),
]

/** Comparable, without `value()`. */
const plain = (outcome: Outcome): unknown =>
  outcome.ok
    ? {
        ...outcome,
        body: Buffer.from(outcome.body).toString('hex'),
        canonical: canonicalText(outcome),
        value: undefined,
      }
    : outcome

describe('outcomes', () => {
  it.for(['inline', 'pool', 'sidecar'] as const)('are those of inline, with %s workers', async (placement, context) => {
    const queue = await Queue.open(context)
    const launch = placement === 'sidecar' ? { launch: { daemon: 'node' as const } } : {}
    const worker = await queue.worker({ placement, threads: 1, ...launch })
    const producer = await queue.producer()
    const inline = await createProcessor(visit)
    for (const canonical of [false, true]) {
      const own = await Promise.all(payloads.map((one) => producer.process(one, { canonical })))
      for (const [at, one] of payloads.entries()) {
        const expected = await inline.process(one, { canonical })
        expect(plain(own[at] as Outcome)).toEqual(plain(expected))
        if (expected.ok && 'value' in expected)
          expect((own[at] as unknown as { value(): unknown }).value()).toEqual(expected.value())
      }
    }
    expect((await producer.submit(bytesOfEachKind(payload(5)))).rejects).toEqual([])
    expect(worker.placement).toBe(placement)
    expect(own(producer)).toBe('queue')
  })

  it('come in the order of the source, each item with its own fault', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker()
    const producer = await queue.producer({ batch: { maxPayloads: 7, maxWaitMs: 0 } })
    const digests: (string | null)[] = []
    const source = Array.from({ length: 200 }, (_, n) => payload(n))
    for await (const item of producer.stream(source)) digests.push(item.ok ? item.digest : item.code)
    const inline = await createProcessor(visit)
    const expected = await Promise.all(source.map(async (one) => (await inline.process(one)) as { digest?: string }))
    expect(digests).toEqual(expected.map(({ digest }) => digest))
  })

  it('of payloads that the contract excludes by size need no worker', async (context) => {
    const queue = await Queue.open(context)
    const small = contractOf({}, { name: 'small', limits: { maxBytes: 16, maxDepth: 8, maxKeys: 8 } })
    const producer = await queue.producer({}, small)
    for (const large of ['"01234567890123456789"', Buffer.from('"01234567890123456789"'), '01234567890123456789']) {
      const outcome = await producer.process(large)
      expect(outcome).toEqual(await (await createProcessor(small)).process(large))
      expect(outcome).toMatchObject({ ok: false, code: 'limit.bytes' })
    }
    expect(await keysOf(queue.server, '*:wait')).toEqual([])
  })

  it('of a keyed digest need the same key on both sides', async (context) => {
    const queue = await Queue.open(context)
    const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
    const digestKey = Buffer.from('a key of 16 bytes or more')
    const workers = Buffer.from(digestKey)
    await queue.worker({}, [{ contract: keyed, digestKey: workers }])
    // As an app does that keeps no secrets in memory.
    workers.fill(0)
    const producer = await queue.producer({ digestKey }, keyed)
    const inline = await createProcessor(keyed, { digestKey })
    expect(plain(await producer.process('[1]'))).toEqual(plain(await inline.process('[1]')))
    await expect(queue.producer({}, keyed)).rejects.toMatchObject({ code: 'options.invalid' })

    const other = await queue.producer({ digestKey: Buffer.from('another key of 16 bytes'), attempts: 2 }, keyed)
    await expect(other.process('[1]')).rejects.toMatchObject({ code: 'contract.mismatch' })
  })
})

const own = ({ placement }: { placement: string }): string => placement

describe('one result for each contract and payload', () => {
  it('has the id of its batch and of its payload', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer()
    const { batches } = await producer.submit([payload(1), payload(2)])
    const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')
    const all = createHash('sha256')
      .update(digest(payload(1)) + digest(payload(2)))
      .digest('hex')
    expect(batches).toEqual([{ id: `${visit.id}-${all}`, payloads: 2 }])
    expect(batches[0]?.id).not.toContain(':')
  })

  it('equal payloads of a producer are one job', async (context) => {
    const queue = await Queue.open(context)
    const worker = await queue.worker()
    const producer = await queue.producer()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => producer.process(payload(1))))
    expect(new Set(outcomes.map((one) => (one.ok ? one.digest : ''))).size).toBe(1)
    // Each call has a body of its own.
    expect(new Set(outcomes.map((one) => (one.ok ? one.body.buffer : undefined))).size).toBe(20)
    expect(worker.stats().queue?.payloads).toMatchObject({ accepted: 1 })
  })

  it('two producers of equal payloads both get it, and it runs once', async (context) => {
    const queue = await Queue.open(context)
    const one = await queue.producer()
    const two = await queue.producer()
    const batch = Array.from({ length: 5 }, (_, n) => payload(n))
    const both = [one, two].map((producer) => Promise.all(batch.map((text) => producer.process(text))))
    await until(async () => (await queue.server.with((client) => client.llen('sidelane:sidelane:wait'))) > 0)
    const worker = await queue.worker()
    const [first, second] = await Promise.all(both)
    expect(second?.map((outcome) => plain(outcome))).toEqual(first?.map((outcome) => plain(outcome)))
    expect(worker.stats().queue?.payloads).toMatchObject({ accepted: 5, raced: 0 })
    expect(await keysOf(queue.server, 'sidelane:r:*')).toHaveLength(5)
  })

  it('a batch that is submitted again is not run again, though BullMQ has forgotten its id', async (context) => {
    const queue = await Queue.open(context)
    const worker = await queue.worker()
    const producer = await queue.producer()
    const first = await producer.process(payload(1))
    await until(async () => (await keysOf(queue.server, `*${visit.id}-*`)).length === 0)
    const second = await producer.process(payload(1))
    expect(plain(second)).toEqual(plain(first))
    await until(() => worker.stats().queue?.batches['completed'] === 2)
    expect(worker.stats().queue?.payloads).toMatchObject({ accepted: 1, duplicate: 1 })
  })

  it('rejects are kept with their issues', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker({ resultTtlMs: 5000, rejectTtlMs: 90_000 })
    const producer = await queue.producer()
    const rejected = await producer.process('{"n":"x"}')
    expect(rejected).toMatchObject({ ok: false, issues: [{ pointer: '/n', keyword: 'type' }] })
    const [key = ''] = await keysOf(queue.server, 'sidelane:r:*')
    expect(await queue.server.with((client) => client.pttl(key))).toBeGreaterThan(60_000)
    // The second time it comes from Redis.
    expect(await producer.process('{"n":"x"}')).toEqual(rejected)
  })
})

describe('results', () => {
  it('go to a function of the app, and only a mark stays in Redis', async (context) => {
    const queue = await Queue.open(context)
    const taken: QueueResult[] = []
    let failures = 1
    await queue.worker({
      results(results) {
        if (failures-- > 0) throw new Error('the database is down')
        taken.push(...results)
      },
    })
    const producer = await queue.producer()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const receipt = await producer.submit([payload(1), '"\ud800"', payload(2), '{"n":"x"}'], { traceparent })
    expect(receipt.rejects).toMatchObject([{ index: 1, outcome: { code: 'parse.lone_surrogate' } }])
    await until(() => taken.length === 3)
    expect(taken.map(({ outcome }) => outcome.ok)).toEqual([true, true, false])
    expect(taken[0]).toMatchObject({
      contract: 'visit',
      contractId: visit.id,
      traceparent,
      jobId: receipt.batches[0]?.id,
    })
    expect(queue.events).toMatchObject([{ type: 'retry', code: 'app.threw' }])
    expect(JSON.stringify(queue.events)).not.toContain('database')
    const keys = await keysOf(queue.server, 'sidelane:r:*')
    expect(keys).toHaveLength(3)
    expect(await queue.server.with((client) => client.strlen(keys[0] as string))).toBe(1)
    await expect(producer.process(payload(1))).rejects.toMatchObject({ params: { reason: 'queue.elsewhere' } })
  })

  it('are taken by a function that is well again: the batch is submitted once more', async (context) => {
    const queue = await Queue.open(context)
    const taken: QueueResult[] = []
    let isBroken = true
    await queue.worker({
      results(results) {
        if (isBroken) throw new Error('broken')
        taken.push(...results)
      },
    })
    const producer = await queue.producer({ attempts: 1 })
    const [batch] = (await producer.submit([payload(1)])).batches
    await until(() => queue.events.length === 1)
    expect(queue.events).toMatchObject([{ type: 'dead', code: 'app.threw', jobId: batch?.id }])
    isBroken = false
    expect((await producer.submit([payload(1)])).batches).toEqual([batch])
    await until(() => taken.length === 1)
    await using dead = await openDeadLetters({ connection: queue.server.url })
    expect(await dead.count()).toBe(0)
  })

  it('of a batch that has failed once and then succeeded are not made again by submit', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker({ results: 'return' })
    const producer = await queue.producer()
    const [batch] = (await producer.submit([payload(1)])).batches
    const key = `sidelane:sidelane:${batch?.id}`
    await until(async () => await queue.server.with(async (client) => (await client.hexists(key, 'finishedOn')) === 1))
    // BullMQ leaves the reason of the first run there.
    await queue.server.with((client) => client.hset(key, 'failedReason', 'that of the first run'))
    expect((await producer.submit([payload(1)])).batches).toEqual([batch])
    expect(producer.stats().queue?.redisErrors).toBe(0)
  })

  it('that are damaged in Redis are no results', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker()
    const producer = await queue.producer()
    const outcome = await producer.process(payload(1))
    const [key = ''] = await keysOf(queue.server, 'sidelane:r:*')
    const value = await queue.server.with((client) => client.getBuffer(key))
    const rejected = (fields: object): Buffer => {
      const text = JSON.stringify({ code: 'validate.failed', issues: [], truncated: false, ...fields })
      return Buffer.concat([Buffer.of(2, 0, 0, 0, text.length, 0, 0, 0), Buffer.from(text)])
    }
    const values = [
      ...[value?.subarray(0, -1), value?.subarray(0, 9), Buffer.concat([value as Buffer, Buffer.of(0)]), ''],
      // Whole, but no outcome that a worker writes.
      ...[rejected({ issues: 7 }), rejected({ issues: [{ pointer: 7 }] }), rejected({ code: 'overloaded' })],
    ]
    for (const damaged of values) {
      await queue.server.with((client) => client.set(key, damaged ?? ''))
      await expect(producer.process(payload(1))).rejects.toMatchObject({ code: 'internal.panic' })
    }
    await queue.server.with((client) => client.set(key, value ?? ''))
    expect(await producer.process(payload(1))).toEqual(outcome)
  })

  it('stay in the return value of the job', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker({ results: 'return' })
    const producer = await queue.producer()
    const inline = await createProcessor(visit)
    expect(plain(await producer.process(payload(1)))).toEqual(plain(await inline.process(payload(1))))
    expect(await keysOf(queue.server, 'sidelane:r:*')).toEqual([])
    // The job is kept, and answers the same batch again.
    expect(plain(await producer.process(payload(1)))).toEqual(plain(await inline.process(payload(1))))
  })
})

describe('a producer', () => {
  it('is bounded: calls are overloaded, streams wait, and nothing gathers in Redis or in the client', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer({ maxInFlight: 40, maxWaiting: 3, batch: { maxPayloads: 5, maxWaitMs: 0 } })
    const calls = Array.from({ length: 60 }, (_, n) => producer.process(payload(n)).catch((error: unknown) => error))
    await expect(calls[59]).resolves.toMatchObject({ code: 'overloaded', retryAfterMs: expect.any(Number) as number })
    await until(() => producer.stats().queue?.blocked === true)
    expect(producer.stats()).toMatchObject({ shed: 20, inFlight: 40, queued: 40 })
    let read = 0
    const source = (function* source() {
      for (let n = 100; n < 10_000; n++) {
        read++
        yield payload(n)
      }
    })()
    const stream = producer.stream(source)
    const first = stream.next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(read).toBeLessThanOrEqual(40)
    // Those of the command that was on its way when the bound was met are there too.
    expect(await queue.server.with((client) => client.llen('sidelane:sidelane:wait'))).toBeLessThanOrEqual(3 + 8)
    await queue.worker()
    expect(await Promise.all(calls.slice(0, 40))).toHaveLength(40)
    expect((await first).value).toMatchObject({ ok: true })
    await stream.return?.()
  })

  it('ends calls by deadline and signal, also while no worker runs', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer()
    const late = producer.process(payload(1), { deadlineMs: 50 })
    await expect(late).rejects.toMatchObject({ code: 'deadline.exceeded', params: { where: 'queue' } })
    const controller = new AbortController()
    const cancelled = producer.process(payload(2), { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    expect(producer.stats()).toMatchObject({ inFlight: 0, queued: 0, queuedBytes: 0 })
    await until(() => producer.stats().queue?.inFlight === 0)
  })

  it('leaves no connection behind, and no key without an end', async (context) => {
    const queue = await Queue.open(context)
    const worker = await queue.worker()
    const producer = await queue.producer()
    await producer.process(payload(1))
    expect((await connectionNames(queue.server)).length).toBe(4)
    await producer.close()
    await worker.close()
    expect(producer.state).toBe('closed')
    expect(worker.state).toBe('closed')
    await expect(producer.process(payload(2))).rejects.toMatchObject({ code: 'unavailable' })
    await expect(producer.submit([payload(2)])).rejects.toMatchObject({ code: 'unavailable' })
    await until(async () => (await connectionNames(queue.server)).length === 0)
  })

  it('a producer that closes ends what it has not submitted', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer({ maxWaiting: 1 })
    await producer.submit([payload(1)])
    await until(() => producer.stats().queue?.blocked === true)
    const submitted = producer.submit([payload(2)])
    const rejected = expect(submitted).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The processor is closed.',
    })
    // Its batch is made, and waits.
    await turn()
    await producer.close()
    await rejected
  })

  it('a producer that cannot be made leaves no connection behind', async (context) => {
    const queue = await Queue.open(context)
    // A lock has no code of the app.
    await expect(queue.producer({ runInApp: true })).rejects.toMatchObject({ code: 'options.invalid' })
    await until(async () => (await connectionNames(queue.server)).length === 0)
  })

  it('times of a worker may have fractions', async (context) => {
    const queue = await Queue.open(context)
    await queue.worker({ lockMs: 1000.5, resultTtlMs: 60_000.5, rejectTtlMs: 60_000.5 })
    const producer = await queue.producer()
    expect(await producer.process(payload(1))).toMatchObject({ ok: true })
    expect(await producer.process('{"n":"x"}')).toMatchObject({ ok: false })
    expect(queue.events).toEqual([])
  })

  it('a worker has one key for a contract, and keeps some dead batches', async (context) => {
    const queue = await Queue.open(context)
    const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
    const invalid = { code: 'options.invalid' }
    const withKey = (byte: number): ServedContract => ({ contract: keyed, digestKey: Buffer.alloc(32, byte) })
    await expect(queue.worker({}, [withKey(1), withKey(2)])).rejects.toMatchObject(invalid)
    await expect(queue.worker({}, [null as unknown as ServedContract])).rejects.toMatchObject(invalid)
    const noKey = { contract: keyed, digestKey: null } as unknown as ServedContract
    await expect(queue.worker({}, [noKey])).rejects.toMatchObject(invalid)
    await expect(queue.worker({ maxDead: 0 })).rejects.toMatchObject(invalid)
    // Redis holds results of engines.
    for (const fallback of ['skip', () => ({ ok: true, body: Buffer.of(1) })] as const) {
      await expect(queue.worker({ fallback })).rejects.toMatchObject(invalid)
    }
    await queue.worker({}, [withKey(1), withKey(1)])
  })

  it('submit refuses one text or buffer in the place of payloads', async (context) => {
    const queue = await Queue.open(context)
    const producer = await queue.producer()
    for (const one of [payload(1), Buffer.from(payload(1)), 1, undefined])
      await expect(producer.submit(one as never)).rejects.toMatchObject({ code: 'options.invalid' })
    expect(await keysOf(queue.server, '*:wait')).toEqual([])
  })

  it('dead batches are listed from and up to valid numbers only', async (context) => {
    const queue = await Queue.open(context)
    await using dead = await openDeadLetters({ connection: queue.server.url })
    for (const options of [{ limit: 0 }, { limit: -1 }, { from: -1 }, { from: 0.5 }])
      await expect(dead.list(options)).rejects.toMatchObject({ code: 'options.invalid' })
    // As of another worker of BullMQ, without a reason.
    await queue.server.with(async (client) => {
      await client.hset('sidelane:sidelane:1', { data: '{}', opts: '{}', timestamp: '1' })
      await client.zadd('sidelane:sidelane:failed', 1, '1')
    })
    expect(await dead.list()).toMatchObject([{ id: '1', payloads: [], error: { code: 'internal.panic' } }])
  })
})

describe('metrics', () => {
  it('count batches and payloads of both sides', async (context) => {
    const queue = await Queue.open(context)
    const worker = await queue.worker()
    const producer = await queue.producer()
    await Promise.all([1, 2, 3].map((n) => producer.process(payload(n))))
    await producer.process('{"n":"x"}')
    await until(() => worker.stats().queue?.batches['completed'] === 2)
    const text = metricsText([producer, worker])
    expect(text).toContain('sidelane_queue_payloads_total{queue="sidelane",role="worker",result="accepted"} 3\n')
    expect(text).toContain('sidelane_queue_payloads_total{queue="sidelane",role="worker",result="rejected"} 1\n')
    expect(text).toContain('sidelane_queue_batches_total{queue="sidelane",role="producer",event="completed"} 2\n')
    expect(text).toContain('sidelane_calls_total{contract="visit",placement="queue",code="accepted"} 3\n')
    expect(text).toContain('sidelane_calls_total{contract="visit",placement="inline",code="accepted"} 3\n')
  })
})
