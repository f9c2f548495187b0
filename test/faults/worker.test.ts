// Fault rows about workers that die or return invalid results: only the payload that causes it fails.
import { createHost } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { act, among, anything, everywhere, faultyWorker, freshFile, mix, onTrial, pools, tick } from './fault-kit.ts'
import { expectSoon } from './oracles.ts'

describe.each(pools)('$placement, $engine', (place) => {
  test('F06: a worker exits at one payload of a batch: all are answered, and the worker is replaced', async (context) => {
    await onTrial(context, place, async (trial) => {
      const endings = await trial.offerAll(among(60, act('exitOnce', freshFile('died'))))
      expect(endings.map(({ code }) => code).filter((code) => code !== 'ok' && code !== 'rejected')).toEqual([])
    })
  })

  test('F06: the next call is answered at once, or as soon as a new worker has started', async (context) => {
    const startMs = await startTime(place)
    await onTrial(context, place, async (trial) => {
      await trial.offer('[1]')
      await expectSoon(Math.max(150, 3 * startMs), async () => {
        const { code, ms } = await trial.offer(act('exitOnce', freshFile('died')))
        expect(code).toBe('ok')
        return ms
      })
    })
  })

  test('F06: workers that exit repeatedly: only the payloads that cause it fail', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        const deaths = Array.from({ length: 3 }, () => act('exit'))
        const endings = await trial.offerAll(among(40, ...deaths))
        expect(endings.filter(({ code }) => code === 'internal.panic').length).toBe(3)
        expect(endings.every(({ code }) => ['ok', 'rejected', 'internal.panic'].includes(code))).toBe(true)
      },
      { threads: 2 },
    )
  })

  test('F07: an uncaught exception in a worker: all others are answered', async (context) => {
    await onTrial(context, place, async (trial) => {
      const endings = await trial.offerAll(among(40, act('uncaught')))
      const failed = endings.filter(({ code }) => code !== 'ok' && code !== 'rejected')
      expect(failed.length).toBeLessThanOrEqual(1)
      for (const { error } of failed) expect(error).toMatchObject({ code: 'internal.panic', status: 500 })
      expect((await trial.offer('[1]')).code).toBe('ok')
    })
  })

  test('F07: a task that throws: the worker keeps running, and only the payload that causes it fails', async (context) => {
    await onTrial(context, place, async (trial) => {
      const endings = await trial.offerAll(among(40, act('throw')))
      expect(endings.filter(({ code }) => code === 'internal.panic').length).toBe(1)
      expect(endings.every(({ code }) => ['ok', 'rejected', 'internal.panic'].includes(code))).toBe(true)
    })
  })

  test('F08: a worker runs out of heap: the host keeps running, and only the payload that causes it fails', async (context) => {
    await onTrial(context, place, async (trial) => {
      const endings = await trial.offerAll(among(20, act('heap')))
      expect(endings.filter(({ code }) => code === 'internal.panic').length).toBe(1)
      expect((await trial.offer('[1]')).code).toBe('ok')
    })
  })

  test.for(['uncloneable', 'nonsense', 'timeless'])(
    'F18: a result that is %s fails at most its own batch',
    async (kind, context) => {
      await onTrial(context, place, async (trial) => {
        const endings = await trial.offerAll([act(kind)])
        for (const { error } of endings) if (error) expect(error).toMatchObject({ code: 'internal.panic', status: 500 })
        const after = await trial.offerAll(mix(30))
        expect(after.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
      })
    },
  )

  test('F71: a payload stays readable when its worker dies, and overwriting it then does not change the retry', async (context) => {
    await onTrial(context, place, async (trial) => {
      const payloads = [act('exitOnce', freshFile('died')), ...mix(20)].map((payload) => Buffer.from(payload as string))
      const texts = payloads.map((payload) => payload.toString('latin1'))
      const calls = payloads.map((payload) => trial.offer(payload))
      await tick()
      expect(payloads.map((payload) => payload.toString('latin1'))).toEqual(texts)
      // The retry uses a copy made at the call: O2 compares with the original bytes.
      for (const payload of payloads) payload.fill(0x20)
      const endings = await Promise.all(calls)
      expect(endings.every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
      // A transferred buffer would be empty.
      expect(payloads.every(({ byteLength }) => byteLength > 0)).toBe(true)
    })
  })
})

describe.each(everywhere)('$placement, $engine', (place) => {
  test('F18: a value without a JSON form is rejected as data, or with an Error', async (context) => {
    await onTrial(context, place, async (trial) => {
      const odd = [() => 1, 10n, Symbol('s'), { f: () => 1 }, [Number.NaN], new Map([[1, 2]])]
      for (const payload of odd) {
        const { code, outcome, error } = await trial.offer(payload)
        if (code === 'rejected') expect(outcome).toMatchObject({ ok: false, status: 400 })
        else if (code !== 'ok') expect(error).toBeInstanceOf(Error)
      }
      const thrower = {
        get field(): number {
          throw new Error('a getter with a secret')
        },
      }
      const { code, outcome } = await trial.offer(thrower)
      expect([code, JSON.stringify(outcome)]).toEqual(['rejected', expect.not.stringContaining('secret')])
    })
  })
})

/** Time that this machine needs to start a pool of one, in ms. */
async function startTime({ engine }: { engine: 'js' | 'native' }): Promise<number> {
  const startedAt = performance.now()
  await using host = await createHost({ placement: 'pool', engine, threads: 1, workerUrl: faultyWorker })
  await host.processor(anything).process('[1]')
  return performance.now() - startedAt
}
