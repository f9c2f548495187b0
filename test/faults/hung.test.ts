// Fault rows about hung workers: callers are answered in time, and the watchdog replaces the worker.
import { describe, expect, test } from 'vitest'
import { act, among, mix, occupy, onTrial, pools } from './fault-kit.ts'

describe.each(pools)('$placement, $engine', (place) => {
  test('F11: an endless loop: its caller is answered at the deadline, all others as soon as the worker is replaced', async (context) => {
    await onTrial(context, place, async (trial) => {
      const hung = trial.offer(act('spin'), { deadlineMs: 1000 })
      const others = trial.offerAll(mix(20))
      expect(await hung).toMatchObject({ code: 'deadline.exceeded', error: { status: 504, params: { where: 'run' } } })
      const endings = await others
      expect(endings.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
      // The watchdog checks once a second, and ends a worker a second after the deadline. Their own deadlines are later.
      expect(Math.max(...endings.map(({ ms }) => ms))).toBeLessThan(10_000)
    })
  })

  test('F11: calls behind an endless loop are answered at their own deadlines', async (context) => {
    await onTrial(context, place, async (trial) => {
      const hung = trial.offer(act('spin'), { deadlineMs: 1000 })
      const limits = [30, 60, 120, 250, 400]
      const endings = await Promise.all(limits.map((deadlineMs) => trial.offer('[1]', { deadlineMs })))
      expect(new Set([...endings, await hung].map(({ code }) => code))).toEqual(new Set(['deadline.exceeded']))
      await trial.until('the place is free again', () => trial.host.stats().inFlight === 0)
      expect((await trial.offer('[1]', { deadlineMs: 10_000 })).code).toBe('ok')
    })
  })

  test('F12: native code runs for 2 s: 504 in time, and its slot counts as busy until it returns', async (context) => {
    const options = { maxQueue: 0 }
    await onTrial(
      context,
      place,
      async (trial) => {
        const spinning = await occupy(trial, act('nativeSpin', 2000), { deadlineMs: 500 })
        // Both slots of the worker are busy, and without a queue further calls are refused.
        expect((await trial.offer('[1]')).code).toBe('overloaded')
        for (const ending of spinning) expect((await ending).code).toBe('deadline.exceeded')
        expect((await trial.offer('[1]')).code).toBe('overloaded')
        let code = ''
        const startedAt = performance.now()
        while (code !== 'ok' && performance.now() - startedAt < 30_000) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          code = (await trial.offer('[1]')).code
        }
        expect(code).toBe('ok')
      },
      options,
    )
  })

  test('F12: with a second worker all others are answered meanwhile', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const endings = await trial.offerAll(among(30, act('nativeSpin', 1500)))
        expect(endings.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
      },
      { threads: 2 },
    )
  })
})
