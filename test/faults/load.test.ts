// Fault rows about bursts, deadlines and cancellation.
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  act,
  everywhere,
  freshFile,
  hold,
  inlines,
  mix,
  occupy,
  onTrial,
  pools,
  tick,
  type Trial,
} from './fault-kit.ts'

const mebibyte = 2 ** 20

describe.each(everywhere)('$placement, $engine', (place) => {
  test('F09: 2 GiB of payloads at once: memory stays within the byte budget', async (context) => {
    // Rehearsed: the allocator keeps pages of the first 64 MiB.
    const burst = async (trial: Trial): Promise<void> => {
      const payload = Buffer.from(`"${'x'.repeat(mebibyte - 2)}"`)
      const before = process.memoryUsage.rss()
      const count = place.placement === 'pool' ? 2048 : 64
      const calls = Array.from({ length: count }, () => trial.offer(payload))
      const { queuedBytes } = trial.host.stats()
      expect(queuedBytes).toBeLessThanOrEqual(64 * mebibyte)
      const grown = process.memoryUsage.rss() - before
      expect(grown).toBeLessThan(256 * mebibyte)
      const endings = await Promise.all(calls)
      const taken = endings.filter(({ code }) => code === 'ok').length
      if (place.placement === 'inline') expect(taken).toBe(count)
      else {
        expect(taken).toBeGreaterThanOrEqual(64)
        expect(endings.filter(({ code }) => code === 'overloaded').length).toBe(count - taken)
      }
    }
    await onTrial(context, place, burst, { rehearsed: true })
  })

  test('F24: invalid deadlines are refused', async (context) => {
    await onTrial(context, place, async (trial) => {
      for (const deadlineMs of [0, -1, 0.5, Number.NaN, 60_001, 2 ** 31, Number.POSITIVE_INFINITY, '100']) {
        expect((await trial.offer('[1]', { deadlineMs: deadlineMs as number })).code).toBe('options.invalid')
      }
    })
  })

  test('F24: deadlines of 1 ms to 60,000 ms are kept or met', async (context) => {
    await onTrial(context, place, async (trial) => {
      const endings = await Promise.all(
        [1, 1.5, 59_999.9, 60_000].map((deadlineMs) => trial.offer('[1]', { deadlineMs })),
      )
      expect(endings.every(({ code }) => code === 'ok' || code === 'deadline.exceeded')).toBe(true)
      expect(endings[3]?.code).toBe('ok')
    })
  })

  test('F26: a call whose signal is aborted already never runs', async (context) => {
    await onTrial(context, place, async (trial) => {
      const reason = new Error('gone')
      expect(await trial.offer('[1]', { signal: AbortSignal.abort(reason) })).toMatchObject({
        code: 'cancelled',
        error: { status: 499, cause: reason },
      })
    })
  })
})

describe.each(pools)('$placement, $engine', (place) => {
  test('F23: a burst of 10 times the bound on busy workers: exactly the bound is accepted', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const { payload, release } = hold()
        const busy = await occupy(trial, payload)
        const calls = trial.offerAll(mix(1000))
        release()
        const refused = (await calls).filter(({ code }) => code === 'overloaded')
        expect(refused.length).toBe(900)
        expect(refused[0]?.error).toMatchObject({ status: 429, retryable: true, retryAfterMs: expect.any(Number) })
        expect((await Promise.all(busy)).map(({ code }) => code)).toEqual(['ok', 'ok'])
      },
      { maxQueue: 100 },
    )
  })

  test('F23: a burst of 10 times the bound on idle workers: exactly the bound plus their slots is accepted', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const calls = trial.offerAll(mix(1000))
        const { inFlight, shed, queued } = trial.host.stats()
        await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)))
        expect(trial.host.stats().queued).toBeLessThanOrEqual(100)
        expect([inFlight + shed, queued]).toEqual([1000, inFlight])
        const endings = await calls
        expect(endings.filter(({ code }) => code !== 'overloaded').length).toBe(inFlight)
      },
      { maxQueue: 100 },
    )
  })

  test('F25: a call that cannot run before its deadline ends at it, and never runs', async (context) => {
    await onTrial(context, place, async (trial) => {
      const { payload, release } = hold()
      const busy = await occupy(trial, payload)
      const files = Array.from({ length: 5 }, () => freshFile('ran'))
      const limits = [1, 5, 20, 50, 100]
      const endings = await Promise.all(
        files.map((file, i) => trial.offer(act('touch', file), { deadlineMs: limits[i] as number })),
      )
      for (const { code, error } of endings) {
        expect([code, error?.status, error?.params]).toEqual(['deadline.exceeded', 504, { where: 'queue' }])
      }
      release()
      await Promise.all(busy)
      expect((await trial.offer('[1]')).code).toBe('ok')
      expect(files.filter(existsSync)).toEqual([])
    })
  })

  test('F26: cancelled in the queue: removed; in a worker: completed, and the result is dropped; no worker is terminated', async (context) => {
    await onTrial(context, place, async (trial) => {
      await trial.offer('[1]')
      const threads = readdirSync('/proc/self/task')
      const controller = new AbortController()
      const { signal } = controller
      const file = freshFile('ran')
      const { payload, release } = hold()
      const running = trial.offer(payload, { signal })
      await tick()
      const behind = trial.offer(act('sleep', 1))
      await tick()
      const queued = trial.offerAll([act('touch', file), ...mix(50)], { signal })
      const kept = trial.offer('[1]')
      controller.abort()
      expect(trial.host.stats()).toMatchObject({ cancelled: 52, queued: 1 })
      // While the worker is held.
      for (const { code } of [await running, ...(await queued)]) expect(code).toBe('cancelled')
      release()
      expect([(await behind).code, (await kept).code]).toEqual(['ok', 'ok'])
      expect(existsSync(file)).toBe(false)
      expect(readdirSync('/proc/self/task')).toEqual(threads)
    })
  })
})

test.for(inlines)('F25: $placement, $engine: a call completes before its deadline can pass', async (place, context) => {
  await onTrial(context, place, async (trial) => {
    const endings = await trial.offerAll(mix(20), { deadlineMs: 1 })
    expect(endings.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
  })
})
