// Fault rows about the end of a host: accepted calls complete, later calls are refused.
import { describe, expect, test } from 'vitest'
import { act, everywhere, hold, mix, occupy, onTrial, pools } from './fault-kit.ts'

describe.each(everywhere)('$placement, $engine', (place) => {
  test('F20: close() with queued calls completes all of them first', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const calls = trial.offerAll(mix(300))
        const closed = trial.host.close()
        expect(trial.host.state).toBe('closing')
        const late = await trial.offer('[1]')
        expect(late).toMatchObject({ code: 'unavailable', error: { status: 503 } })
        const endings = await calls
        expect(endings.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
        await closed
        expect(trial.host.state).toBe('closed')
      },
      { ended: true },
    )
  })

  test('F21: every call after the end is refused', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        expect((await trial.offer('[1]')).code).toBe('ok')
        await trial.host.close()
        for (let i = 0; i < 3; i++) {
          expect(await trial.offer('[1]')).toMatchObject({ code: 'unavailable', error: { status: 503 } })
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        await trial.host.destroy()
        expect((await trial.offer('[1]')).code).toBe('unavailable')
      },
      { ended: true },
    )
  })
})

describe.each(pools)('$placement, $engine', (place) => {
  test('F20: close() while a worker dies: another worker completes its calls', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const calls = trial.offerAll([...mix(20), act('exit'), ...mix(20)])
        const closed = trial.host.close()
        const endings = await calls
        expect(endings.filter(({ code }) => code !== 'ok' && code !== 'rejected').length).toBe(1)
        await closed
      },
      { ended: true },
    )
  })

  test('F20: destroy() fails queued and running calls at once', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        // It is not released.
        const busy = await occupy(trial, hold().payload)
        const calls = trial.offerAll(mix(20))
        const destroyed = trial.host.destroy()
        expect(trial.host.stats().inFlight, 'at once').toBe(0)
        await destroyed
        expect(new Set((await Promise.all([...busy, calls])).flat().map(({ code }) => code))).toEqual(
          new Set(['unavailable']),
        )
      },
      { ended: true },
    )
  })
})
