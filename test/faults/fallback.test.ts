// Daemons that are killed, stopped and absent, with a fallback: every call is answered, and the outcome says by whom.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Answered, FallbackCause } from 'sidelane'
import { daemonKinds } from '../support/daemon.ts'
import { stopProcess } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { killEverySecond, mix, onDaemon, type Row } from './daemon-kit.ts'
import { act, among, onTrial, pools } from './fault-kit.ts'
import type { Ending } from './oracles.ts'

const long = process.env['SIDELANE_LONG'] === '1'
/** The fallback may take long, as on a busy machine; the breaker tries again within a second. */
const options = {
  kills: true,
  fallback: { to: 'inline', exercise: 0, maxQueueMs: 60_000 },
  breaker: { maxOpenMs: 1000 },
} as const

const causeOf = ({ outcome }: Ending): FallbackCause | undefined =>
  (outcome as (Answered & object) | undefined)?.via.fallback
const isAnswered = ({ code }: Ending): boolean => code === 'ok' || code === 'rejected'
/** Without those that had no time for the fallback, because this thread was blocked at their deadlines. */
const unanswered = ({ trial }: Row, endings: readonly Ending[]): string[] =>
  endings
    .filter((ending) => !isAnswered(ending) && !(ending.code === 'deadline.exceeded' && trial.wasBlockedAt(ending)))
    .map(({ code }) => code)

/** Calls, one after the other, until the daemon answers again. */
const viaDaemon = ({ trial }: Row): Promise<void> =>
  until(async () => {
    const ending = await trial.offer('[1]')
    return ending.code === 'ok' && causeOf(ending) === undefined
  })

describe.each(daemonKinds)('%s', (kind) => {
  test('F01: killed while idle: the next calls fall back, the breaker opens within 5, and closes after the restart', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await row.trial.offerAll(mix(20))
        await row.kill()
        const endings: Ending[] = []
        for (let i = 0; i < 10; i++) endings.push(await row.trial.offer('[1]'))
        expect(unanswered(row, endings)).toEqual([])
        expect(endings.slice(0, 3).map(causeOf)).not.toContain(undefined)
        expect(endings.slice(6).map(causeOf)).toEqual(['breaker.open', 'breaker.open', 'breaker.open', 'breaker.open'])
        expect(row.processor.stats().breaker).toMatchObject({ state: 'open', opened: 1 })
        await row.restart()
        await viaDaemon(row)
        expect(row.processor.stats().breaker?.state).toBe('closed')
        expect(unanswered(row, await row.trial.offerAll(mix(20)))).toEqual([])
      },
      // Longer than the calls above take.
      { ...options, breaker: { openMs: 4000 } },
    )
  })

  test('F02: killed with 64 calls in flight: all are answered', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        for (let round = 0; round < 3; round++) {
          const calls = Array.from({ length: 64 }, (_, i) => row.trial.offer(`[${'[1.5,"text"],'.repeat(500)}${i}]`))
          await sleep(round * 2)
          await row.kill()
          expect(unanswered(row, await Promise.all(calls))).toEqual([])
          await row.restart()
          await viaDaemon(row)
        }
      },
      options,
    )
  })

  test('F03: stopped for 3 s: calls are answered before their deadlines, and late responses are ignored', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await stopProcess(row.daemon.child)
        const startedAt = performance.now()
        const limits = [100, 200, 400, 800, 1600]
        const endings = await Promise.all(limits.map((deadlineMs) => row.trial.offer('[1]', { deadlineMs })))
        expect(unanswered(row, endings)).toEqual([])
        for (const ending of endings) if (isAnswered(ending)) expect(causeOf(ending)).toBe('deadline.exceeded')
        await sleep(3000 - (performance.now() - startedAt))
        row.daemon.child.kill('SIGCONT')
        await viaDaemon(row)
        expect(unanswered(row, await row.trial.offerAll(mix(100)))).toEqual([])
      },
      options,
    )
  })

  test('F04: stopped while 700 calls come: each is answered', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await stopProcess(row.daemon.child)
        const endings = await Promise.all(
          Array.from({ length: 700 }, async (_, i) => {
            await sleep(i)
            return row.trial.offer(`[${i}]`, { deadlineMs: 1000 })
          }),
        )
        expect(unanswered(row, endings)).toEqual([])
        // Those that came before the first deadlines had passed waited for theirs; then the breaker opened.
        expect(['deadline.exceeded', 'breaker.open', 'overloaded']).toEqual(
          expect.arrayContaining([...new Set(endings.filter(isAnswered).map(causeOf))]),
        )
        row.daemon.child.kill('SIGCONT')
        await viaDaemon(row)
      },
      options,
    )
  })

  test(`F05: killed every second for ${long ? 60 : 6} s, at 200 calls a second: every call is answered`, async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const endings = await killEverySecond(row, long ? 60_000 : 6000)
        expect(unanswered(row, endings)).toEqual([])
        const byDaemon = endings.filter((ending) => causeOf(ending) === undefined).length
        expect(byDaemon).toBeGreaterThan(0)
        expect(byDaemon).toBeLessThan(endings.length)
        await viaDaemon(row)
      },
      options,
    )
  })
})

describe.each(pools)('$placement, $engine engine', (place) => {
  test('F06: the only worker exits again and again: all payloads but those that end it are answered', async (context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        for (let round = 0; round < 3; round++) {
          const endings = await trial.offerAll(among(100, act('exit')))
          // The payload that ends two workers in a row does not get to end this thread.
          const failed = endings.filter((ending) => !isAnswered(ending))
          expect(failed.map(({ code }) => code)).toEqual(['internal.panic'])
        }
        await trial.until('the worker answers', () => trial.processor.stats().inFlight === 0)
      },
      { fallback: options.fallback, breaker: true },
    )
  })
})
