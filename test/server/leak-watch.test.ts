import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LeakWatch } from '../../src/server/leak-watch.ts'
import { ask, askJson, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'

interface Series {
  readonly name: string
  readonly windowMs: number
  readonly bytesPerHour: number
  readonly stepMs: number
  readonly changes: readonly object[]
  readonly bytes: readonly number[]
}

const all = JSON.parse(readFileSync(new URL('../vectors/leak/series.json', import.meta.url), 'utf8')) as Series[]

describe('the leak watch', () => {
  test.for(all)('$name', ({ windowMs, bytesPerHour, stepMs, changes, bytes }) => {
    const watch = new LeakWatch({ windowMs, bytesPerHour })
    const found = bytes.flatMap((size, at) => {
      const now = at * stepMs
      const change = watch.isDue(now) ? watch.sample(now, size) : undefined
      return change === undefined ? [] : [{ at, ...change }]
    })
    expect(found).toEqual(changes)
  })

  test('finds the leaks of the series, and nothing else', () => {
    const suspected = all.filter(({ changes }) => changes.length > 0).map(({ name }) => name)
    expect(suspected).toEqual(['leak from the start', 'leak below a sawtooth', 'leak after a steady time, which ends'])
  })
})

const fresh = socketFolder()
const lock = fresh('order.lock.json', { profile: 'p1', unicode: '15.0', name: 'order', schema: {} })
const window = ['--leak-window-ms', '300']

test('a Node daemon that leaks is not ready, says so once, and still answers', { timeout: 60_000 }, async (context) => {
  needDaemon('node', context)
  const socket = fresh('leak.sock')
  const leak = fresh('leak.cjs', 'const kept = []; setInterval(() => kept.push(Buffer.alloc(1 << 20, 1)), 20).unref()')
  const daemon = await startDaemon({
    args: ['--socket', socket, '--contract', lock, ...window],
    env: { NODE_OPTIONS: `--require ${leak}` },
  })
  const line = await daemon.event('leak_suspected')
  expect(line.level).toBe('warn')
  expect(Number(line['bytes_per_hour'])).toBeGreaterThan(2 ** 30)
  expect(await askJson(socket, '/readyz')).toEqual({ ready: false, reasons: ['leak'] })
  expect((await ask(socket, '/metrics')).body.toString()).toContain('\nsidelane_leak_suspected 1\n')
  expect((await ask(socket, '/v1/contracts/order/process', { body: '[1]' })).status).toBe(200)
  expect(await daemon.stop()).toBe(0)
  expect(daemon.log.filter(({ event }) => event === 'leak_suspected')).toHaveLength(1)
})
