// A daemon that breaks the protocol in every way of WIRE.md: each call settles with `unavailable` and the reason, never with
// something that the daemon made up, and a daemon that keeps the protocol is found again.
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Contract } from '../../src/model/index.ts'
import { createHost, type Processor } from '../../src/index.ts'
import { encodeServerHello, kinds, type ServerHello } from '../../src/wire/index.ts'
import { serverViolations, unavailableReasons } from '../../src/tables/wire-violations.ts'
import { tableBelow } from '../docs/pages.ts'
import type { Behaviour, FakeDaemon, Request } from '../placements/fake-daemon.ts'
import {
  clientOf as openClient,
  daemonWith,
  requestsOf,
  text as textOf,
  works as accepts,
} from '../placements/sidecar-kit.ts'
import { until } from '../support/until.ts'
import { accepted, contract, json, outcomeOf, plain, u32, valid, violations, type Act } from './daemon-violations.ts'

const contracts = [{ contract }, { contract: plain }]
const bystander = '{"a":33}'

const clientOf = (daemon: FakeDaemon, of = contract): Promise<Processor> => openClient(daemon, { deadlineMs: 5000 }, of)

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const works = (processor: Processor): Promise<boolean> => accepts(processor, '{"a":2}')

interface Withheld {
  readonly daemon: FakeDaemon
  readonly processor: Processor
  /** Requests of the bystander, which the daemon leaves to the test. */
  readonly waiting: readonly Request[]
}

async function withheld(): Promise<Withheld> {
  const waiting: Request[] = []
  const request: Behaviour['request'] = (each) => textOf(each) === bystander && waiting.push(each) > 0
  const daemon = await daemonWith({ contracts, request })
  return { daemon, processor: await clientOf(daemon), waiting }
}

/** The daemon does `act` for the first request, and does not answer the bystander. */
function once(act: Act): Behaviour {
  let isDone = false
  return {
    contracts,
    request: (request) => {
      if (textOf(request) === bystander) return true
      if (isDone) return false
      isDone = true
      act(request)
      return true
    },
  }
}

async function settlesWith(reason: string, act: Act, options: { canonical?: boolean; of?: Contract } = {}) {
  const daemon = await daemonWith(once(act))
  const processor = await clientOf(daemon, options.of)
  const before = process.memoryUsage().arrayBuffers
  const other = processor.process(bystander)
  const call = options.canonical ? processor.process(valid, { canonical: true }) : processor.process(valid)
  const results = await Promise.allSettled([call, other])
  const fault = { code: 'unavailable', status: 503, retryable: true, params: { reason } }
  expect(results).toMatchObject([{ reason: fault }, { reason: fault }])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20)
  await until(() => works(processor))
  expect(processor.stats()).toMatchObject({ inFlight: 0, queued: 0 })
}

for (const [reason, rows] of Object.entries(violations)) {
  describe(reason, () => {
    test.each(rows)('%s', (_, act) => settlesWith(reason, act))
  })
}

describe('an ACCEPTED that does not fit its request', () => {
  const outcome = 'violation.outcome'

  test('no canonical bytes although they were asked for', () =>
    settlesWith(outcome, ({ peer, id }) => peer.send(kinds.accepted, id, outcomeOf(valid)), { canonical: true }))

  test('canonical bytes that end outside of the frame', () =>
    settlesWith(outcome, accepted(8, ...u32(1000)), { canonical: true }))

  test('a digest that the contract does not have', () => settlesWith(outcome, accepted(1, 1), { of: plain }))

  test('an uncompressed body of another size than the canonical form', () =>
    settlesWith(outcome, accepted(8, ...u32(3)), { of: plain }))

  test('canonical bytes that are no JSON: value() throws `unavailable`, without a word of them', async () => {
    const daemon = await daemonWith(
      once(({ peer, id }) => {
        const bytes = outcomeOf(valid, true)
        bytes.set(json('secret!'), bytes.length - 7)
        peer.send(kinds.accepted, id, bytes)
      }),
    )
    const taken = await (await clientOf(daemon)).process(valid, { canonical: true })
    if (!taken.ok) throw new Error('rejected')
    const thrown = vi.fn(() => taken.value())
    expect(thrown).toThrow(expect.objectContaining({ code: 'unavailable', params: { reason: outcome } }))
    expect(thrown).not.toThrow(/secret/)
  })
})

describe('answers that come too often or too late', () => {
  test('two answers to one request', async () => {
    const daemon = await daemonWith(
      once((request) => {
        request.answer()
        request.answer()
      }),
    )
    const processor = await clientOf(daemon)
    const other = processor.process(bystander)
    expect((await processor.process(valid)).ok).toBe(true)
    await expect(other).rejects.toMatchObject({ code: 'unavailable', params: { reason: 'violation.answer' } })
  })

  test('an answer after CANCEL is dropped, a second one is a violation', async () => {
    const { daemon, processor, waiting } = await withheld()
    await expect(processor.process(bystander, { deadlineMs: 20 })).rejects.toMatchObject({ code: 'deadline.exceeded' })
    await until(() => daemon.frames.some(({ kind }) => kind === kinds.cancel))
    waiting[0]?.answer()
    expect((await processor.process(valid)).ok).toBe(true)
    waiting[0]?.answer()
    await until(() => daemon.peers.length === 0)
    await until(() => works(processor))
  })

  test('deadline.exceeded for a call without a deadline', async () => {
    const act: Act = ({ peer, id }) => {
      const text = json({ code: 'deadline.exceeded', message: '', params: { where: 'run' } })
      const outcome = Buffer.concat([Buffer.from([3, 0, 0, 0, ...u32(text.length)]), text])
      peer.send(kinds.error, id, outcome, { index: 62 })
    }
    const processor = await clientOf(await daemonWith(once(act)))
    const failed: unknown[] = []
    for await (const item of processor.stream([valid])) failed.push(item)
    expect(failed).toMatchObject([{ code: 'unavailable', error: { params: { reason: 'violation.code' } } }])
  })
})

describe('HELLO', () => {
  const id = 'ab'.repeat(32)
  const changed =
    (fields: object): NonNullable<Behaviour['answerHello']> =>
    (usual) => ({ ...usual, contracts: usual.contracts.map((status) => ({ ...status, ...fields })) })
  const limits =
    (fields: Partial<ServerHello['limits']>): NonNullable<Behaviour['answerHello']> =>
    (usual) => ({
      ...usual,
      limits: { ...usual.limits, ...fields },
    })
  const rows: readonly (readonly [what: string, reason: string, answer: NonNullable<Behaviour['answerHello']>])[] = [
    ['no contract', 'violation.hello', (usual) => ({ ...usual, contracts: [] })],
    [
      'a contract that the client did not ask for',
      'violation.hello',
      (usual) => ({ ...usual, contracts: [...usual.contracts, ...usual.contracts] }),
    ],
    ['no fields', 'violation.hello', () => new Uint8Array(0)],
    ['a field that does not end', 'violation.hello', () => Buffer.from('0100ffff00', 'hex')],
    ['an unknown engine', 'violation.hello', (usual) => ({ ...usual, engine: 'constructor' as 'js' })],
    ['no LIMITS', 'violation.hello', (usual) => encodeServerHello(usual).slice(0, -16)],
    ["another contract's id", 'violation.contract', changed({ have: id })],
    ['zeros as id', 'violation.contract', changed({ have: '0'.repeat(64) })],
    ['an index that was skipped', 'violation.contract', changed({ index: 7 })],
    ['an unknown status', 'violation.contract', changed({ status: 1 })],
    ['a fault as status', 'violation.contract', changed({ status: 80 })],
    ['contract.unknown with an id', 'violation.contract', changed({ status: 40 })],
    ['contract.unknown with an index', 'violation.contract', changed({ status: 40, have: '0'.repeat(64), index: 1 })],
    ['contract.mismatch without an id', 'violation.contract', changed({ status: 41, have: '0'.repeat(64) })],
    ['contract.mismatch with the id of the client, which has no key', 'violation.contract', changed({ status: 41 })],
    ['a cap on requests below maxBytes', 'limits', limits({ requestBytes: 1 << 20 })],
    ['a cap on answers below what the contract needs', 'limits', limits({ answerBytes: 1 << 20 })],
    ['caps of 0', 'limits', limits({ requestBytes: 0, answerBytes: 0, inFlight: 0 })],
  ]

  test.each(rows)('%s', async (_, reason, answerHello) => {
    const daemon = await daemonWith({ contracts, answerHello })
    await expect(clientOf(daemon)).rejects.toMatchObject({ code: 'unavailable', params: { reason } })
  })

  test('twice', async () => {
    const daemon = await daemonWith({
      contracts,
      answerHello: (usual, peer) => {
        peer.send(kinds.hello, 0, encodeServerHello(usual))
        return usual
      },
    })
    const processor = await clientOf(daemon).catch((error: unknown) => error)
    if (!(processor instanceof Error)) {
      await expect((processor as Processor).process(valid)).rejects.toMatchObject({ code: 'unavailable' })
    } else expect(processor).toMatchObject({ code: 'unavailable', params: { reason: 'violation.hello' } })
  })

  test('one index for two contracts', async () => {
    const daemon = await daemonWith({ contracts, answerHello: changed({ index: 0 }) })
    const processor = await clientOf(daemon)
    await processor.destroy()
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    onTestFinished(() => host.destroy())
    const [one, other] = [host.processor(contract), host.processor(plain)]
    const results = await Promise.allSettled([one.process(valid), other.process(valid)])
    expect(results.at(-1)).toMatchObject({ reason: { code: 'unavailable', params: { reason: 'violation.contract' } } })
  })

  test('LIMITS of 2^32 - 1 take no memory', async () => {
    const huge = { requestBytes: 0xffff_ffff, answerBytes: 0xffff_ffff, inFlight: 0xffff_ffff }
    const daemon = await daemonWith({ contracts, limits: huge })
    const before = process.memoryUsage()
    const processor = await clientOf(daemon)
    expect((await processor.process(valid)).ok).toBe(true)
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(64 << 20)
  })
})

describe('bytes without an end', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const endless = (act: (socket: Socket) => void): Act => {
    return ({ peer: { socket } }) => act(socket)
  }

  test('of a preface', async () => {
    const daemon = await daemonWith({ contracts, preface: Buffer.alloc(1 << 20, 0xf5) })
    await expect(clientOf(daemon)).rejects.toMatchObject({ code: 'unavailable', params: { reason: 'foreign' } })
  })

  test('a frame that arrives byte by byte and does not end', async () => {
    const head = Buffer.alloc(24)
    head.writeUInt32LE(1000, 0)
    head[4] = kinds.accepted
    head[8] = 1
    let send = (): void => {}
    const act = endless((socket) => {
      socket.write(head)
      send = () => void socket.write('x')
    })
    const daemon = await daemonWith(once(act))
    const processor = await clientOf(daemon)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const call = Promise.allSettled([processor.process(valid, { deadlineMs: 60_000 })])
    while (requestsOf(daemon) === 0) await turn()
    for (let second = 0; second < 8; second++) {
      send()
      for (let i = 0; i < 20; i++) await turn()
      vi.advanceTimersByTime(1000)
    }
    expect(await call).toMatchObject([{ reason: { code: 'unavailable', params: { reason: 'violation.length' } } }])
  })

  test('PINGs from a daemon that does not read', async () => {
    const daemon = await daemonWith({
      contracts,
      request: ({ peer }) => {
        peer.socket.pause()
        const pings = Buffer.alloc(24 * 20_000)
        for (let at = 4; at < pings.length; at += 24) pings[at] = kinds.ping
        const flood = (): void => {
          if (!peer.socket.destroyed) peer.socket.write(pings, () => setImmediate(flood))
        }
        flood()
        return true
      },
    })
    const processor = await clientOf(daemon)
    const before = process.memoryUsage().rss
    await expect(processor.process(valid, { deadlineMs: 20_000 })).rejects.toMatchObject({
      code: 'unavailable',
      params: { reason: 'violation.answer' },
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20)
  })
})

describe('GOAWAY', () => {
  test('twice, and with everything in flight: calls are answered', async () => {
    const { processor, waiting } = await withheld()
    const call = processor.process(bystander)
    await until(() => waiting.length === 1)
    for (let i = 0; i < 3; i++) waiting[0]?.peer.send(kinds.goaway, 0)
    expect((await processor.process(valid)).ok).toBe(true)
    waiting[0]?.answer()
    expect((await call).ok).toBe(true)
  })

  test('on each connection right behind HELLO: descriptors are bounded, and each call settles', async () => {
    const daemon = await daemonWith({ contracts })
    const processor = await clientOf(daemon)
    const held: Request[] = []
    daemon.behaviour = {
      contracts,
      limits: { inFlight: 1 },
      answerHello: (usual, peer) => {
        setImmediate(() => peer.send(kinds.goaway, 0))
        return usual
      },
      request: (request) => held.push(request) > 0,
    }
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await until(() => daemon.peers.length === 0)
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, daemon.peers.length)), 1)
    const calls = Array.from({ length: 200 }, () => processor.process(valid, { deadlineMs: 1500 }))
    const results = await Promise.allSettled(calls)
    clearInterval(watch)
    expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([])
    for (const result of results) {
      if (result.status === 'rejected') expect(['unavailable', 'deadline.exceeded']).toContain(result.reason.code)
    }
    expect(most).toBeLessThan(24)
    daemon.behaviour = { contracts }
    await until(() => works(processor))
    await until(() => daemon.peers.length <= 2)
  })

  test('and a connection that the daemon does not close is closed by the client', async () => {
    const daemon = await daemonWith({ contracts })
    const processor = await clientOf(daemon)
    const [peer] = daemon.peers
    peer?.socket.removeAllListeners('end')
    const descriptors = (): number => readdirSync('/proc/self/fd').length
    peer?.send(kinds.goaway, 0)
    expect((await processor.process(valid)).ok).toBe(true)
    const withBoth = descriptors()
    await until(() => descriptors() < withBoth)
  })
})

test('the reasons in docs/errors.md are those of the tables', () => {
  const documented = tableBelow('docs/errors.md', 'Reasons of `unavailable`').map(([cell = '']) => cell.slice(1, -1))
  const violated = [...new Set(['violation.frame', ...Object.values(serverViolations).map(([reason]) => reason)])]
  expect(documented.sort()).toEqual([...Object.keys(unavailableReasons), ...violated].sort())
})
