// Shared runs behind a cache, and the deadlines, traces and breakers of the calls that wait for them.
import { createProcessor } from 'sidelane'
import { expect, onTestFinished, test, vi } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import type { Request } from '../placements/fake-daemon.ts'
import { clientOf, daemonWith, number } from '../placements/sidecar-kit.ts'
import { until } from '../support/until.ts'

const late = (): SidelaneError => new SidelaneError('deadline.exceeded', { params: { where: 'run' } })

/** A daemon that leaves its requests to the test. */
async function manual() {
  const requests: Request[] = []
  const daemon = await daemonWith({ request: (request) => requests.push(request) > 0 })
  return { daemon, requests }
}

test.each([undefined, true])(
  'a call that outlives the run it shares gets another one (breaker: %s)',
  async (breaker) => {
    const { daemon, requests } = await manual()
    const processor = await clientOf(daemon, { cache: {}, ...(breaker && { breaker }) })
    const bystander = processor.process('2')
    const first = expect(processor.process('1', { deadlineMs: 2000 })).rejects.toMatchObject({
      code: 'deadline.exceeded',
    })
    await until(() => requests.length === 2)
    const payload = Buffer.from('1')
    const second = processor.process(payload, { deadlineMs: 60_000 })
    const item = processor.stream(['1']).next()
    // The caller may use its bytes again.
    payload.fill(0x78)
    const { peer, id } = requests[1] as Request
    peer.fault(id, late())
    await first
    await until(() => requests.length === 3)
    for (const at of [0, 2]) requests[at]?.answer()
    expect(await Promise.all([bystander, second].map(async (call) => (await call).ok))).toEqual([true, true])
    expect((await item).value).toMatchObject({ ok: true })
    expect(processor.stats()).toMatchObject({ calls: 4, accepted: 3, deadlineExceeded: 1, failed: 0, inFlight: 0 })
    // The connection was not at fault.
    expect(daemon.peers).toHaveLength(1)
  },
)

test('deadlines of calls that wait for a run open the breaker', async () => {
  const { daemon } = await manual()
  const processor = await clientOf(daemon, { cache: {}, breaker: { minCalls: 5, failureRatio: 0.5 } })
  const calls = Array.from({ length: 10 }, (_, i) => processor.process(`${i}`, { deadlineMs: 30 }))
  for (const call of await Promise.allSettled(calls))
    expect(call).toMatchObject({ reason: { code: 'deadline.exceeded' } })
  expect(processor.stats().breaker).toMatchObject({ state: 'open', opened: 1 })
})

test('hits and misses are counted behind a fallback too, and a hit has no run', async () => {
  const daemon = await daemonWith()
  const processor = await clientOf(daemon, { cache: {}, fallback: { to: 'inline', exercise: 0 } })
  for (let call = 0; call < 4; call++) await processor.process('1')
  const { cache, latency } = processor.stats()
  expect(cache).toMatchObject({ hits: 3, misses: 1, hitRatio: 0.75 })
  expect([latency.run.count, latency.total.count]).toEqual([1, 4])
})

test('the trace of a call reaches the daemon through the cache', async () => {
  const { daemon, requests } = await manual()
  const processor = await clientOf(daemon, { cache: {} })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const call = processor.process('1', { traceparent })
  await until(() => requests.length === 1)
  // In front of the payload; the daemon of the tests does not take it off.
  expect(Buffer.from(requests[0]?.payload ?? []).toString('hex')).toContain('0af7651916cd43dd8448eb211c80319c')
  requests[0]?.answer()
  await call
})

test('a host whose fallback cannot be opened leaves nothing open', async () => {
  const daemon = await daemonWith()
  vi.stubEnv('SIDELANE_NATIVE_PATH', '/nonexistent')
  onTestFinished(() => void vi.unstubAllEnvs())
  const opening = createProcessor(number, {
    placement: 'sidecar',
    socket: daemon.path,
    engine: 'native',
    fallback: 'inline',
  })
  await expect(opening).rejects.toMatchObject({ code: 'engine.unavailable' })
  await until(() => daemon.peers.every(({ socket }) => socket.destroyed))
})
