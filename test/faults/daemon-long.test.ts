// Fault rows about payloads that take long: the costliest contract that is admitted, on daemons and in pools. Health, PING and
// the payloads of other contracts do not wait for them, and a deadline ends their work.
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHost, type Host, type SidelaneError } from 'sidelane'
import { describe, expect, onTestFinished, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { ask, daemonKinds, needDaemon, socketFolder, startDaemon, type DaemonKind } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine } from '../support/need.ts'
import { cpuTicks } from '../support/processes.ts'
import { withoutPeriod } from '../support/without-period.ts'
import { RawHttp } from '../server/http-kit.ts'
import { frame, RawClient, request } from '../server/raw-client.ts'

const file = socketFolder()

/** 2^28 steps for a payload of 1 MiB: what a contract may cost at most. */
const costlySchema = { type: 'string', pattern: '[ab]*a[ab]{200}c' }
const costly = contractOf(costlySchema, { name: 'costly' })
const alsoCostly = contractOf(costlySchema, { name: 'also-costly' })
const quick = contractOf({ type: 'object' }, { name: 'quick' })
const longPayload = `"${withoutPeriod(1_000_000)}"`

for (const contract of [costly, alsoCostly, quick]) file(`${contract.name}.lock.json`, contract.lock)

interface Place {
  readonly kind: DaemonKind
  readonly args: readonly string[]
}

const places: readonly Place[] = [
  { kind: 'sidelaned', args: ['--threads', '1'] },
  { kind: 'node', args: ['--engine', 'js'] },
  { kind: 'node', args: ['--engine', 'native'] },
  { kind: 'node', args: ['--engine', 'js', '--placement', 'pool', '--threads', '1'] },
]

describe.for(places)('$kind $args', ({ kind, args }) => {
  let count = 0
  const start = async (): Promise<{ socket: string; pid: number }> => {
    const socket = file(`${kind}-${args.join('')}-${count++}.sock`.replaceAll('--', ''))
    const contracts = [costly, alsoCostly, quick].flatMap(({ name }) => ['--contract', file(`${name}.lock.json`)])
    const daemon = await startDaemon({
      kind,
      args: ['--socket', socket, ...contracts, '--max-queue-ms', '60000', ...args],
    })
    // A client that is gone may still read: a drain would wait for the deadlines of its requests.
    onTestFinished(() => void daemon.child.kill('SIGKILL'))
    return { socket, pid: daemon.child.pid as number }
  }

  test('F90: health, PING and the payloads of other contracts are answered while long payloads run', async (context) => {
    needDaemon(kind, context)
    const { socket } = await start()
    const long = await RawClient.afterHello(socket, costly)
    const alsoLong = await RawClient.afterHello(socket, alsoCostly)
    const other = await RawClient.afterHello(socket, quick)
    for (let id = 1; id <= 4; id++) {
      long.send(request(id, longPayload, { a: 60_000 }))
      alsoLong.send(request(id, longPayload, { a: 60_000 }))
    }
    let answered = 0
    const endings = [long, alsoLong].map(async (client) => {
      for (let id = 1; id <= 4; id++) {
        await client.frame()
        answered++
      }
    })
    for (let round = 1; round <= 20; round++) {
      expect((await ask(socket, '/healthz')).status).toBe(200)
      expect((await ask(socket, '/readyz')).status).toBe(200)
      long.send(frame({ kind: kinds.ping, id: round, payload: 'now' }))
      other.send(request(round, '{}', { a: 10_000 }))
      expect(await other.frame()).toMatchObject({ kind: kinds.accepted, text: undefined })
    }
    expect(answered, 'long payloads still run').toBeLessThan(8)
    long.socket.destroy()
    alsoLong.socket.destroy()
    await Promise.allSettled(endings)
  })

  test('F91: at its deadline the work of a payload ends, not only the waiting', async (context) => {
    needDaemon(kind, context)
    const { socket, pid } = await start()
    const client = await RawClient.afterHello(socket, costly)
    for (let id = 1; id <= 4; id++) client.send(request(id, longPayload, { a: 300 }))
    for (let id = 1; id <= 4; id++) {
      const answer = await client.frame()
      expect(answer?.text).toMatchObject({ code: 'deadline.exceeded' })
    }
    client.send(request(5, '"c"', { a: 10_000 }))
    expect((await client.frame())?.kind).toBe(kinds.rejected)
    // No thread works any more.
    const before = cpuTicks(pid)
    await sleep(500)
    expect(cpuTicks(pid) - before).toBeLessThan(25)
  })

  test('F98: the threads of long payloads end, and start again', async (context) => {
    needDaemon(kind, context)
    const { socket, pid } = await start()
    const client = await RawClient.afterHello(socket, costly)
    const threads = (): number => readdirSync(`/proc/${pid}/task`).length
    const before = threads()
    for (const id of [1, 2]) {
      client.send(request(id, longPayload.slice(0, 200_000) + '"', { a: 60_000 }))
      await expect.poll(threads, { interval: 5 }).toBeGreaterThan(before)
      expect((await client.frame())?.kind).toBe(kinds.rejected)
      await expect.poll(threads).toBe(before)
    }
  })

  test('F92: HTTP requests whose deadline passes while they run get 504', async (context) => {
    needDaemon(kind, context)
    const { socket } = await start()
    const headers = { 'Sidelane-Deadline-Ms': '200' }
    const answers = await Promise.all(
      Array.from({ length: 3 }, () =>
        ask(socket, '/v1/contracts/costly/process', { method: 'POST', headers, body: longPayload }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504])
  })
})

/** Milliseconds of a payload on this thread, without a deadline: the least of some runs. */
async function timeOf(engine: 'js' | 'native', payload: string): Promise<number> {
  await using host = await createHost({ placement: 'inline', engine })
  const processor = host.processor(costly)
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    const startedAt = performance.now()
    await processor.process(payload)
    least = Math.min(least, performance.now() - startedAt)
  }
  return least
}

describe.for(engineKinds)('pool, %s', (engine) => {
  test('F93: a worker whose payload passes its deadline returns to service', async (context) => {
    needEngine(engine, context)
    await using host: Host = await createHost({ placement: 'pool', engine, threads: 1, deadlineMs: 30_000 })
    const processor = host.processor(costly)
    // Until the pool knows how fast it is.
    for (let i = 0; i < 50; i++) await processor.process(`"${'c'.repeat(4000)}"`)
    // A fifth of what the payload takes here; the pool, which knows cheap payloads only, expects less.
    const deadlineMs = Math.ceil(5 * (await timeOf(engine, `${longPayload.slice(0, 40_000)}"`)))
    const ending = await processor.process(longPayload, { deadlineMs }).catch((error: SidelaneError) => error)
    expect(ending).toMatchObject({ code: 'deadline.exceeded', params: { where: 'run' } })
    expect((await processor.process('"c"')).ok).toBe(false)
    expect(host.stats().restarts).toEqual({ exit: 0, error: 0, memory: 0, hung: 0, load: 0 })
  })
})

describe.for(daemonKinds)('%s', (kind) => {
  const start = async (...more: readonly string[]): Promise<string> => {
    const socket = file(`${kind}-${more.join('')}.sock`)
    const daemon = await startDaemon({
      kind,
      args: ['--socket', socket, '--contract', file('quick.lock.json'), '--max-connections', '8', ...more],
    })
    onTestFinished(async () => void (await daemon.stop()))
    return socket
  }

  test('F94: silent connections hold no place that is kept for health', async (context) => {
    needDaemon(kind, context)
    const socket = await start()
    const silent: RawHttp[] = []
    onTestFinished(() => silent.forEach((one) => one.close()))
    // In two parts, since the backlog of the listener holds 511: a response comes after all before it were accepted.
    for (let part = 1; part <= 2; part++) {
      for (let i = 0; i < 300; i++) silent.push(new RawHttp(socket))
      expect((await ask(socket, '/healthz')).status).toBe(200)
    }
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await ask(socket, path)).status).toBe(200)
    expect((await ask(socket, '/v1/contracts/quick/process', { body: '{}' })).status).toBe(429)
    // A connection that has sent the beginning of a request holds none either.
    await Promise.all(silent.map((one) => one.send(Buffer.from('G'))))
    expect((await ask(socket, '/healthz')).status).toBe(200)
  })

  test('F95: 300 connections at once are all answered, or refused with a response', async (context) => {
    needDaemon(kind, context)
    const socket = await start('--deadline-ms', '60000')
    const body = `{"a":"${'x'.repeat(100_000)}"}`
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => ask(socket, '/v1/contracts/quick/process', { body })),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 429])
    for (const { status, headers } of answers) if (status === 429) expect(headers['connection']).toBe('close')
  })

  test('F96: a framed connection over the limit ends without a reset', async (context) => {
    needDaemon(kind, context)
    const socket = await start('--drain-ms', '1001')
    const taken = Array.from({ length: 8 }, () => new RawHttp(socket))
    onTestFinished(() => taken.forEach((one) => one.close()))
    for (const one of taken) {
      await one.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
      await one.response()
    }
    const errors: string[] = []
    const client = await RawClient.connect(socket)
    client.socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''))
    client.send(Buffer.from('f553444c4e0a0100', 'hex'), Buffer.alloc(200_000))
    expect(await client.preface()).toBeUndefined()
    expect(errors).toEqual([])
  })

  test('F97: a request that arrives without time left does not run, and both daemons answer at the door', async (context) => {
    needDaemon(kind, context)
    const socket = await start('--drain-ms', '1002')
    const client = await RawClient.afterHello(socket, quick)
    client.send(request(1, '{}', { a: 0 }), request(2, '{', { a: 0 }), request(3, '{}'))
    for (const id of [1, 2]) {
      expect(await client.frame()).toMatchObject({
        id,
        kind: kinds.error,
        text: { code: 'deadline.exceeded', message: 'The deadline passed.', params: { where: 'door' } },
      })
    }
    expect((await client.frame())?.kind).toBe(kinds.accepted)
  })
})
