// The demonstration of a rollout (npm run demo:rollout), shortened: no call is lost, and going back takes less than a second.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import type { Result } from '../../bench/demo/result.ts'
import { freshFolder } from '../support/folders.ts'

const entry = fileURLToPath(new URL('../../build/bench/demo/rollout.js', import.meta.url))
beforeEach(({ skip }) => skip(!existsSync(entry), 'build/bench is not there: npm run build:bench'))

interface Demo {
  readonly child: ChildProcess
  readonly temp: string
  readonly text: () => string
}

function start(...args: readonly string[]): Demo {
  const temp = freshFolder()
  const child = spawn(process.execPath, [entry, ...args], { env: { ...process.env, TMPDIR: temp } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()))
  return { child, temp, text: () => text }
}

test(
  '1 to 100 %, with a daemon that is killed, stopped and slowed, loses nothing and goes back within a second',
  { retry: 2 },
  async () => {
    const json = join(freshFolder(), 'demo.json')
    const { child, temp, text } = start('--stage-ms', '800', '--json', json)
    const [code] = (await once(child, 'close')) as [number | null]
    expect([code, text()]).toEqual([0, expect.stringContaining(': passed')])
    const result = JSON.parse(readFileSync(json, 'utf8')) as Result
    const { offered, byOld, byNew, byFallback, lost, wrong, stages, trips, rollbackMs, stopMs } = result
    expect({ lost, wrong }).toEqual({ lost: 0, wrong: 0 })
    expect(byOld + byNew + byFallback).toBe(offered)
    expect(offered).toBeGreaterThan(1000)
    expect(stages.reduce((total, { calls }) => total + calls, 0)).toBe(offered)
    expect(stages.map(({ percent }) => percent)).toEqual([0, 1, 5, 25, 50, 0, 25, 50, 100, 0])
    // The step of the hanging daemon, where a guard goes back to 0.
    const hanging = trips.find(({ from, to }) => from === 50 && to === 0)
    expect(hanging).toMatchObject({ guard: 'deadlineRate' })
    expect(rollbackMs).toBeLessThanOrEqual(1000)
    expect(stopMs).toBeLessThanOrEqual(1000)
    expect(byNew).toBeGreaterThan(0)
    expect(byFallback).toBeGreaterThan(0)
    // After the stop no call takes the new path.
    expect(stages.at(-1)?.byOld).toBeGreaterThan(0)
    expect(readdirSync(temp)).toEqual([])
  },
)

test('^C ends the app and its daemon, also one that hangs, and leaves no file', async () => {
  const { child, temp, text } = start('--stage-ms', '500')
  await expect.poll(text, { interval: 10 }).toContain('a guard tripped')
  child.kill('SIGINT')
  const [code] = (await once(child, 'close')) as [number | null]
  expect([code, text()]).toEqual([130, expect.not.stringContaining('Error')])
  expect(readdirSync(temp)).toEqual([])
})

test('wrong options are refused with the usage', async () => {
  const { child, text } = start('--rate', '1')
  expect(await once(child, 'close')).toEqual([2, null])
  expect(text()).toContain('Expected --rate to be an integer from 50 to 1000, got "1"\n\nMoves the hot path')
})
