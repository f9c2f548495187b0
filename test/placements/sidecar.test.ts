// The client of a daemon against a made-up one: what it sends, and its contracts. Outcomes are in the conformance suite,
// daemons that misbehave in sidecar-connection.test.ts and sidecar-overload.test.ts.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createHost, createProcessor } from '../../src/index.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import type { Request } from './fake-daemon.ts'
import { clientOf, contracts, daemonWith, number, requestsOf, text } from './sidecar-kit.ts'
import { until } from '../support/until.ts'

describe('a daemon that works', () => {
  test('answers bytes, texts and values, and the report names it', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    const calls = ['1.0', Buffer.from('2'), 3].map((payload) => processor.process(payload))
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(['1', '2', '3'])
    expect(processor.engine).toEqual({ kind: 'js', reason: `The daemon at ${daemon.path} answers with js.`, tried: [] })
    expect(await processor.process('"x"')).toMatchObject({ ok: false, code: 'validate.failed' })
  })

  test('gets the calls of one tick in one write', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    const before = daemon.chunks.length
    await Promise.all(Array.from({ length: 100 }, (_, i) => processor.process(`${i}`)))
    expect(daemon.chunks.length - before).toBe(1)
  })

  test('gets no more requests than it allows, with ascending ids', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ limits: { inFlight: 3 }, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const calls = Array.from({ length: 20 }, (_, i) => processor.process(`${i}`))
    for (let answered = 0; answered < 20; answered++) {
      await until(() => waiting.length > 0)
      expect(requestsOf(daemon) - answered).toBeLessThanOrEqual(3)
      // The last one first: the ids of the others stay taken.
      waiting.pop()?.answer()
    }
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    const ids = daemon.frames.filter(({ kind }) => kind === kinds.request).map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
  })

  test('gets payloads as they were at the call, also those that wait', async () => {
    const daemon = await daemonWith({ limits: { inFlight: 2 } })
    const processor = await clientOf(daemon)
    const payload = Buffer.from('111')
    const calls = Array.from({ length: 9 }, (_, i) => {
      payload.fill(`${i + 1}`)
      return processor.process(payload)
    })
    const outcomes = await Promise.all(calls)
    expect(outcomes.map(canonicalText)).toEqual(calls.map((_, i) => `${i + 1}`.repeat(3)))
  })

  test('is asked for contracts that are added later', async () => {
    const texts = contractOf({ type: 'string' }, { name: 'text' })
    const daemon = await daemonWith({ contracts: [...contracts, { contract: texts }] })
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    onTestFinished(() => host.destroy())
    expect((await host.processor(number).process('1')).ok).toBe(true)
    expect((await host.processor(texts).process('"a"')).ok).toBe(true)
    expect(daemon.peers.length).toBe(1)
  })

  test('is asked for a thousand contracts in HELLOs within the size cap', async () => {
    const many = Array.from({ length: 1000 }, (_, minimum) =>
      contractOf({ type: 'number', minimum }, { name: `${'n'.repeat(59)}-${minimum}` }),
    )
    const daemon = await daemonWith({ contracts: many.map((contract) => ({ contract })) })
    const host = await createHost({ placement: 'sidecar', socket: daemon.path, deadlineMs: 20_000 })
    onTestFinished(() => host.destroy())
    const processors = many.map((contract) => host.processor(contract))
    const answers = async (): Promise<boolean[]> =>
      (await Promise.all(processors.map((processor) => processor.process('500')))).map(({ ok }) => ok)
    const expected = many.map((_, minimum) => minimum <= 500)
    expect(await answers()).toEqual(expected)
    // A new connection asks for all of them at once.
    const before = daemon.frames.length
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await until(() => daemon.peers.length === 0)
    expect(await answers()).toEqual(expected)
    expect(daemon.frames.slice(before).filter(({ kind }) => kind === kinds.hello)).toHaveLength(2)
  })

  test('gets as many connections as the option says', async () => {
    const daemon = await daemonWith({ request: () => true })
    const processor = await clientOf(daemon, { connections: 3, deadlineMs: 20_000 })
    const used = new Set<number>()
    await until(() => {
      void Promise.allSettled([processor.process('1')])
      for (const { kind, peer } of daemon.frames) if (kind === kinds.request) used.add(peer)
      return used.size === 3
    })
    expect(used).toEqual(new Set([0, 1, 2]))
  })

  test('gets CANCEL for aborted and late calls, and its late answers are dropped', async () => {
    const late: Request[] = []
    const daemon = await daemonWith({ request: (request) => text(request) !== '3' && late.push(request) > 0 })
    const processor = await clientOf(daemon)
    const controller = new AbortController()
    const aborted = processor.process('1', { signal: controller.signal })
    const slow = expect(processor.process('2', { deadlineMs: 20 })).rejects.toMatchObject({
      code: 'deadline.exceeded',
      params: { where: 'run' },
    })
    await until(() => late.length === 2)
    expect(late[1]?.leftMs).toBeLessThanOrEqual(20)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
    await slow
    await until(() => daemon.frames.filter(({ kind }) => kind === kinds.cancel).length === 2)
    for (const request of late) request.answer()
    expect((await processor.process('3')).ok).toBe(true)
    expect(processor.stats()).toMatchObject({ cancelled: 1, deadlineExceeded: 1, accepted: 1, inFlight: 0 })
    expect(daemon.peers.length).toBe(1)
  })

  test('is disconnected after the last answer by close, and at once by destroy', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const call = processor.process('1')
    const closed = processor.close()
    await until(() => waiting.length === 1)
    expect(processor.state).toBe('closing')
    waiting[0]?.answer()
    expect((await call).ok).toBe(true)
    await closed
    const other = await clientOf(daemon)
    const lost = other.process('1')
    const settled = Promise.allSettled([lost])
    await other.destroy()
    expect(await settled).toMatchObject([{ reason: { code: 'unavailable' } }])
    await until(() => daemon.peers.length === 0)
  })
})

describe('contracts', () => {
  const other = contractOf({ type: 'number', minimum: 1 }, { name: 'number' })
  const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })

  test('a contract with the same name and another id is refused before a payload is sent', async () => {
    const daemon = await daemonWith({ contracts: [{ contract: other }] })
    const opening = createProcessor(number, { placement: 'sidecar', socket: daemon.path })
    await expect(opening).rejects.toMatchObject({
      code: 'contract.mismatch',
      params: { name: 'number', have: other.id, want: number.id },
    })
    expect(requestsOf(daemon)).toBe(0)
  })

  test('another digest key is refused too, and a missing one before anything is sent', async () => {
    const [key, wrong] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
    const daemon = await daemonWith({ contracts: [{ contract: keyed, digestKey: key }] })
    const setup = { placement: 'sidecar', socket: daemon.path } as const
    await expect(createProcessor(keyed, { ...setup, digestKey: wrong })).rejects.toMatchObject({
      code: 'contract.mismatch',
      params: { have: keyed.id, want: keyed.id },
    })
    await expect(createProcessor(keyed, setup)).rejects.toMatchObject({ code: 'options.invalid' })
    await using processor = await createProcessor(keyed, { ...setup, digestKey: key })
    expect((await processor.process('1')).ok).toBe(true)
  })

  test('an unknown name is contract.unknown', async () => {
    const daemon = await daemonWith({ contracts: [] })
    await expect(clientOf(daemon)).rejects.toMatchObject({ code: 'contract.unknown' })
  })

  test('on a host, the calls of a refused contract fail and the others do not', async () => {
    const daemon = await daemonWith()
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    onTestFinished(() => host.destroy())
    const [good, bad] = [host.processor(number), host.processor(other)]
    const results = await Promise.allSettled([bad.process('1'), good.process('1'), bad.process('2')])
    const mismatch = { status: 'rejected', reason: { code: 'contract.mismatch' } }
    expect(results).toMatchObject([mismatch, { value: { ok: true } }, mismatch])
    // The next connection asks for the contract again.
    daemon.behaviour = { contracts: [{ contract: other }] }
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await until(() => daemon.peers.length === 0)
    expect((await bad.process('3')).ok).toBe(true)
  })
})

describe('a process with a client', () => {
  test('exits while a client is idle, but not before a call in flight is answered', async () => {
    const daemon = await daemonWith({
      request: ({ answer }) => {
        setTimeout(answer, 100)
        return true
      },
    })
    const script = `
      import { createProcessor, parseContract } from 'sidelane'
      const [socket, lock] = process.argv.slice(1)
      const processor = await createProcessor(parseContract(lock), { placement: 'sidecar', socket })
      void processor.process('1').then(({ ok }) => console.log(ok))
    `
    const args = ['--input-type=module', '-e', script, daemon.path, JSON.stringify(number.lock)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 40_000 })
    expect(stdout).toBe('true\n')
  })
})
