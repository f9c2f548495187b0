// The wall clock jumps back and forth and stands still (libfaketime): deadlines and timeouts follow the monotonic clock.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, type TestContext } from 'vitest'
import { daemonKinds } from '../support/daemon.ts'
import { freshFolder, mix, onDaemon } from './daemon-kit.ts'

const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']
  .map((folder) => join(folder, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file))

/** Offsets from the clock of the machine; a date without offset stands still. */
const jumps = ['+1h', '-1h', '2020-01-01 00:00:00', '+1d', '-0', '+30d', '-1h', '+0']

interface Clock {
  readonly env: Readonly<Record<string, string>>
  set(time: string): void
}

function needClock(context: TestContext): Clock {
  if (library === undefined) return context.skip('libfaketime is not installed')
  const file = join(freshFolder(), 'time')
  writeFileSync(file, '+0')
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set: (time) => writeFileSync(file, time),
  }
}

describe.each(daemonKinds)('%s', (kind) => {
  test('F29: the clock of a daemon jumps: calls keep their deadlines', async (context) => {
    const clock = needClock(context)
    await onDaemon(
      context,
      kind,
      async (row) => {
        for (const time of jumps) {
          clock.set(time)
          const endings = await row.trial.offerAll(mix(40))
          expect(endings.filter(({ code }) => code === 'deadline.exceeded' || code === 'unavailable')).toEqual([])
          await sleep(20)
        }
        const hours = row.daemon.log.map(({ time }) => Date.parse(time) / 3_600_000)
        expect(Math.max(...hours) - Math.min(...hours), 'the log has the times of the clock').toBeGreaterThan(24)
      },
      { env: clock.env, deadlineMs: 60_000 },
    )
  })
})

test('F29: the clock of an app jumps: calls in a pool keep their deadlines', (context) => {
  const clock = needClock(context)
  const script = fileURLToPath(new URL('workers/clock.js', import.meta.url))
  const env = { ...process.env, ...clock.env, JUMPS: JSON.stringify(jumps) }
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  const { codes, hours, lateMs } = JSON.parse(stdout) as { codes: string[]; hours: number; lateMs: number }
  expect(new Set(codes)).toEqual(new Set(['ok']))
  expect(hours).toBeGreaterThan(24)
  // Without a monotonic clock it would be an hour.
  expect(lateMs).toBeLessThan(10_000)
})
