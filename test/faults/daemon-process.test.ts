// Daemons that are killed or stopped: every call settles, and later calls succeed.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { daemonKinds } from '../support/daemon.ts'
import { stopProcess } from '../support/processes.ts'
import { killEverySecond, mix, onDaemon } from './daemon-kit.ts'
import { expectSoon } from './oracles.ts'

const long = process.env['SIDELANE_LONG'] === '1'

describe.each(daemonKinds)('%s', (kind) => {
  test('F01: killed while idle: calls fail at once and succeed after the restart', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await row.trial.offerAll(mix(20))
        await expectSoon(1000, async () => {
          await row.kill()
          const times: number[] = []
          for (let i = 0; i < 20; i++) {
            const { code, error, ms } = await row.trial.offer('[1]')
            expect([code, error?.status, error?.retryable]).toEqual(['unavailable', 503, true])
            times.push(ms)
            await sleep(10)
          }
          expect(times.filter((ms) => ms < 500).length, 'at once').toBeGreaterThan(15)
          await row.restart()
          return row.back()
        })
        expect((await row.trial.offerAll(mix(20))).filter(({ code }) => code !== 'ok' && code !== 'rejected')).toEqual(
          [],
        )
      },
      { kills: true },
    )
  })

  test('F02: killed with 64 calls in flight: each settles soon, and once', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const times: number[] = []
        for (let round = 0; round < 5; round++) {
          // Not done before the signal.
          const payload = `[${'[1.5,"text"],'.repeat(20_000)}0]`
          let ended = 0
          const calls = Array.from({ length: 64 }, () => row.trial.offer(payload).finally(() => ended++))
          await sleep(round * 5)
          const killedAt = performance.now()
          await row.kill()
          const endings = await Promise.all(calls)
          times.push(performance.now() - killedAt)
          expect(ended).toBe(64)
          for (const { code } of endings) expect(['ok', 'unavailable']).toContain(code)
          await row.restart()
          await row.back()
        }
        // Another process may take the core during one; their deadlines are later.
        expect(times.filter((ms) => ms < 1000).length, 'soon').toBeGreaterThan(2)
        expect(Math.max(...times)).toBeLessThan(5000)
      },
      { kills: true },
    )
  })

  test('F03: stopped for 3 s: calls end at their deadlines, late responses are ignored', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await expectSoon(1000, async () => {
          await stopProcess(row.daemon.child)
          const limits = [50, 100, 200, 400, 800, 1600]
          const startedAt = performance.now()
          const endings = await Promise.all(limits.map((deadlineMs) => row.trial.offer('[1]', { deadlineMs })))
          expect(new Set(endings.map(({ code }) => code))).toEqual(new Set(['deadline.exceeded']))
          await sleep(3000 - (performance.now() - startedAt))
          row.daemon.child.kill('SIGCONT')
          return row.back()
        })
        expect((await row.trial.offerAll(mix(100))).filter(({ code }) => code === 'deadline.exceeded')).toEqual([])
      },
      { kills: true },
    )
  })

  test(`F05: killed every second for ${long ? 60 : 8} s, at 200 calls a second`, async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const endings = await killEverySecond(row, long ? 60_000 : 8000)
        const codes = new Set(endings.map(({ code }) => code))
        expect(['ok', 'unavailable', 'deadline.exceeded', 'overloaded']).toEqual(expect.arrayContaining([...codes]))
        expect(endings.filter(({ code }) => code === 'ok').length).toBeGreaterThan(endings.length / 2)
        await row.back()
      },
      { kills: true },
    )
  })
})
