// Retries, pauses of the app, full fallbacks, and rollouts whose daemon is killed under way (F27, F28, F32–F34).
import { watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProcessor, createRollout, type Answered, type RolloutEvent, type Stats } from 'sidelane'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fakeDaemon } from '../placements/fake-daemon.ts'
import { daemonKinds } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { comparable } from '../support/locks.ts'
import { until } from '../support/until.ts'
import { kinds } from '../../src/wire/index.ts'
import { anything, mix, onDaemon } from './daemon-kit.ts'

// The first watcher of a process opens a descriptor that it keeps.
watch(tmpdir()).close()

function expectAccounted({
  calls,
  accepted,
  rejected,
  shed,
  deadlineExceeded,
  cancelled,
  failed,
  inFlight,
}: Stats): void {
  expect(accepted + rejected + shed + deadlineExceeded + cancelled + failed + inFlight, 'O1').toBe(calls)
}

test('F27: a daemon that loses every connection gets at most 1.2 requests a call', async () => {
  const daemon = await fakeDaemon({
    contracts: [{ contract: anything }],
    request: ({ peer }) => {
      peer.socket.destroy()
      return true
    },
  })
  onTestFinished(() => daemon.remove())
  for (const more of [
    {},
    { fallback: { to: 'inline', exercise: 0 } },
    { fallback: { to: 'inline', exercise: 0 }, breaker: true },
  ] as const) {
    const options = { placement: 'sidecar', socket: daemon.path, deadlineMs: 30_000 } as const
    const processor = await createProcessor(anything, { ...options, ...more })
    const requests = (): number => daemon.frames.filter(({ kind }) => kind === kinds.request).length
    const offer = async (pairs: number): Promise<void> => {
      for (let i = 0; i < pairs; i++) {
        await Promise.allSettled([processor.process(`[${i}]`), processor.process('[]')])
        await sleep(1)
      }
    }
    // Uses up what a client may repeat at once.
    await offer(150)
    const before = requests()
    const startedAt = performance.now()
    await offer(300)
    // On a busy machine they take long: one in ten calls may be repeated, ten a second, and one that was left.
    const repeats = 0.1 * 600 + (performance.now() - startedAt) / 100 + 1
    expect(requests() - before).toBeLessThanOrEqual(600 + Math.max(0.2 * 600, repeats))
    const { accepted } = processor.stats()
    expect(accepted).toBe('fallback' in more ? 900 : 0)
    expectAccounted(processor.stats())
    await processor.close()
  }
})

describe.each(daemonKinds)('%s', (kind) => {
  test('F28: an app that blocks its own loop for 500 ms does not open the breaker', async (context) => {
    await onDaemon(
      context,
      kind,
      async ({ trial, processor }) => {
        for (let round = 0; round < 3; round++) {
          const calls = Array.from({ length: 40 }, (_, i) => trial.offer(`[${i}]`, { deadlineMs: 250 }))
          // The requests leave before the pause.
          await sleep(1)
          // The daemon has the core meanwhile.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
          expect((await Promise.all(calls)).filter(({ code }) => code !== 'ok')).toEqual([])
        }
        expect(processor.stats().breaker).toEqual({ state: 'closed', opened: 0, refused: 0 })
      },
      { breaker: true },
    )
  })

  test('F33, F34: a rollout to a daemon that is killed: nothing is lost, a guard goes back, a stop holds at once', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const reference = await createProcessor(anything)
        // A busy machine may make them late, and that is no part of this row.
        const patience = { deadlineMs: 30_000, maxQueueMs: 60_000 }
        const candidate = await createProcessor(anything, { placement: 'sidecar', socket: row.socket, ...patience })
        const baseline = await createProcessor(anything, { placement: 'pool', threads: 1, ...patience })
        const events: RolloutEvent[] = []
        const rollout = await createRollout({
          contract: anything,
          baseline: baseline,
          candidate: candidate,
          percent: 0,
          shadow: 20,
          guards: { errorRate: { max: 0.2, minCalls: 20 }, p95AddedMs: false },
          file: join(freshFolder(), 'rollout.json'),
          onEvent: (event) => events.push(event),
          log: false,
        })
        let answered = 0
        let isStopped = false
        const sidesAfterStop: (string | undefined)[] = []
        const call = async (payload: string | Uint8Array): Promise<void> => {
          const beganAfterStop = isStopped
          const outcome = await rollout.process(payload)
          answered++
          if (beganAfterStop) sidesAfterStop.push((outcome as Answered).via.side)
          expect(comparable(outcome)).toEqual(comparable(await reference.process(payload)))
        }
        let offered = 0
        const load = async (ms: number): Promise<void> => {
          const until = performance.now() + ms
          const calls: Promise<void>[] = []
          while (performance.now() < until) {
            const payloads = mix(4)
            offered += payloads.length
            calls.push(...payloads.map(call))
            await sleep(5)
          }
          await Promise.all(calls)
        }
        for (const percent of [0, 1, 25, 100, 50, 100]) {
          await rollout.set(percent)
          await load(150)
        }
        await rollout.set(50)
        await row.kill()
        await until(async () => {
          await load(200)
          return events.some((event) => event.type === 'percent' && event.by === 'guard')
        })
        expect(events).toContainEqual(
          expect.objectContaining({ type: 'percent', by: 'guard', guard: 'errorRate', to: 0 }),
        )
        expect([rollout.percent, rollout.held]).toEqual([0, true])
        await row.restart()
        await row.back()
        await rollout.set(100)
        const more = load(1500)
        await sleep(300)
        const stopped = rollout.stop()
        isStopped = true
        await Promise.all([stopped, more])
        expect([...new Set(sidesAfterStop)]).toEqual(['baseline'])
        expect(answered).toBe(offered)
        const stats = rollout.stats()
        expectAccounted(stats)
        expect(stats).toMatchObject({
          calls: offered,
          failed: 0,
          shed: 0,
          deadlineExceeded: 0,
          cancelled: 0,
          inFlight: 0,
        })
        await expect.poll(() => rollout.stats().rollout?.shadow?.inFlight).toBe(0)
        expect(rollout.stats().rollout?.shadow).toMatchObject({ mismatched: 0, bytes: 0 })
        expect(rollout.stats().rollout?.shadow?.matched).toBeGreaterThan(0)
        await rollout.close()
        await reference.close()
      },
      { kills: true },
    )
  })
})

test('F32: a full fallback refuses, and the loop still turns', async () => {
  const processor = await createProcessor(anything, {
    placement: 'sidecar',
    socket: join(freshFolder(), 'nobody.sock'),
    fallback: 'inline',
    breaker: true,
    engine: 'js',
  })
  onTestFinished(() => processor.close())
  const heavy = `[${'[1.5,"text"],'.repeat(20_000)}0]`
  for (let i = 0; i < 20; i++) await processor.process(heavy)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const codes: string[] = []
  for (let round = 0; round < 10; round++) {
    const calls = Array.from({ length: 40 }, () =>
      processor.process(heavy).then(
        () => 'ok',
        (error: { code: string }) => error.code,
      ),
    )
    await sleep(1)
    codes.push(...(await Promise.all(calls)))
  }
  delay.disable()
  expect(new Set(codes)).toEqual(new Set(['ok', 'overloaded']))
  expectAccounted(processor.stats())
  expect(processor.stats().fallback?.failed).toBe(codes.filter((code) => code === 'overloaded').length)
  // A turn has one slice of 5 ms and one payload: the median is not subject to other processes of this machine.
  expect(delay.percentile(50) / 1e6).toBeLessThan(50)
})
