// The client of a daemon that refuses requests or connections because it is overloaded.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createHost } from '../../src/index.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { canonicalText } from '../support/locks.ts'
import { stopProcess } from '../support/processes.ts'
import type { Request } from './fake-daemon.ts'
import { clientOf, contracts, daemonWith, requestsOf, text } from './sidecar-kit.ts'
import { until } from '../support/until.ts'

describe('a daemon that refuses requests', () => {
  const overloaded = new SidelaneError('overloaded', { retryAfterMs: 2 })

  test('gets the request a second time, then the call fails', async () => {
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, overloaded) === undefined })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'overloaded', status: 429 })
    expect(processor.stats()).toMatchObject({ shed: 1, failed: 0 })
    expect(requestsOf(daemon)).toBe(2)
  })

  test('does not get the request again after its deadline', async () => {
    const later = new SidelaneError('overloaded', { retryAfterMs: 900 })
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, later) === undefined })
    const processor = await clientOf(daemon)
    const call = processor.process('1', { deadlineMs: 800 })
    await expect(call).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 900 })
    expect(requestsOf(daemon)).toBe(1)
  })

  test('gets a request again after its own pause, not after the longer one of another', async () => {
    const refused = new Set<string>()
    const daemon = await daemonWith({
      request: (request) => {
        const content = text(request)
        if (refused.has(content)) return false
        refused.add(content)
        request.peer.fault(
          request.id,
          content === '1' ? new SidelaneError('overloaded', { retryAfterMs: 1000 }) : overloaded,
        )
        return true
      },
    })
    const processor = await clientOf(daemon, { deadlineMs: 60_000 })
    const first = processor.process('1')
    await until(() => refused.has('1'))
    const second = processor.process('2')
    expect(await Promise.race([first, second]).then(canonicalText)).toBe('2')
    expect(canonicalText(await first)).toBe('1')
    expect(requestsOf(daemon)).toBe(4)
  })

  test('gets fewer requests at a time, and the refused one again', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ limits: { inFlight: 8 }, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon, { deadlineMs: 20_000 })
    const calls = Array.from({ length: 20 }, (_, i) => processor.process(`${i}`))
    await until(() => waiting.length === 8)
    const refused = waiting.shift()
    refused?.peer.fault(refused.id, overloaded)
    for (let answered = 0; answered < 20; answered++) {
      await until(() => waiting.length > 0)
      waiting.shift()?.answer()
      expect(waiting.length).toBeLessThan(7)
    }
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    expect(requestsOf(daemon)).toBe(21)
  })

  test('gets no more retries than the budget allows', async () => {
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, overloaded) === undefined })
    const processor = await clientOf(daemon)
    for (let round = 0; round < 10; round++) {
      await Promise.allSettled(Array.from({ length: 40 }, () => processor.process('1')))
    }
    expect(processor.stats()).toMatchObject({ calls: 400, shed: 400 })
    expect(requestsOf(daemon)).toBeLessThan(400 + 100 + 40 + 200)
  })

  test('gets the payloads of a stream again, however often it refuses them', async () => {
    let refusals = 60
    const daemon = await daemonWith({
      request: ({ peer, id }) => refusals-- > 0 && peer.fault(id, overloaded) === undefined,
    })
    const processor = await clientOf(daemon)
    const outcomes: string[] = []
    for await (const item of processor.stream(Array.from({ length: 100 }, (_, i) => `${i}`))) {
      outcomes.push('error' in item ? item.code : canonicalText(item))
    }
    expect(outcomes).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })

  test('never gets more than its limit: the client queues the rest, up to its own limit', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ limits: { inFlight: 2 }, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon, { maxQueue: 3, deadlineMs: 20_000 })
    const calls = Array.from({ length: 8 }, (_, i) => processor.process(`${i}`))
    const refused = await Promise.allSettled(calls.slice(5))
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: 'overloaded' } })))
    expect(processor.stats()).toMatchObject({ inFlight: 5, queued: 3, queuedBytes: 3, shed: 3 })
    daemon.behaviour = { contracts }
    for (const request of waiting) request.answer()
    expect((await Promise.all(calls.slice(0, 5))).every(({ ok }) => ok)).toBe(true)
  })
})

describe('a daemon that accepts no connections', () => {
  test.skipIf(process.platform !== 'linux')('because its backlog is full is overloaded, not unavailable', async () => {
    const { path } = await daemonWith()
    const script = `require('net').createServer().listen({ path: process.argv[1], backlog: 8 }, () => console.log('up'))`
    const stopped = spawn(process.execPath, ['-e', script, `${path}2`], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void stopped.kill('SIGKILL'))
    await once(stopped.stdout, 'data')
    await stopProcess(stopped)
    const others = Array.from({ length: 20 }, () => connect(`${path}2`).on('error', () => {}))
    onTestFinished(() => others.forEach((socket) => socket.destroy()))
    const opening = createHost({ placement: 'sidecar', socket: `${path}2` })
    await expect(opening).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 5 })
  })
})
