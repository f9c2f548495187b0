// `sidelane profile` around real apps, each under a small load.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { movableCategories } from '../../src/profile/index.ts'
import { freePort } from '../support/free-port.ts'
import { fixture, profileApp, sendLoad, shareOf, type Load } from './profiled.ts'

const root = new URL('../../', import.meta.url).pathname
const examples = `${root}docs/examples`
const small: Load = { path: '/canonical', body: '{ "id": 7, "email": " Ada@Example.org" }' }
const orders: Load = {
  path: '/orders/12',
  body: JSON.stringify({
    id: '12',
    items: Array.from({ length: 1500 }, (_, i) => ({ sku: `sku-${i}`, quantity: i + 1, price: i / 7 })),
  }),
}

// Where other programs take the core between two kinds of work, one of the two measures is off: then once more.
test('the shares are those that the app measures itself', { timeout: 120_000, retry: 2 }, async () => {
  const { record, stdout, status } = await profileApp(['--', 'node', fixture('known-split.mjs'), '2500'], {
    seconds: 20,
  })
  expect(status).toBe(0)
  const spent = JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as Record<string, number>
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const expected = Object.fromEntries(Object.entries(spent).map(([name, ms]) => [name, ms / sum(Object.values(spent))]))
  const total = sum(Object.keys(spent).map((name) => shareOf(record, name)))
  for (const [name, share] of Object.entries(expected))
    expect([name, Math.abs(shareOf(record, name) / total - share) < 0.06]).toEqual([name, true])
  expect(record.verdict.hotPath).toBe(true)
  expect(record.answers.cpuBound).toBe(true)
})

describe.each(['fastify', 'express', 'hono'])('%s', { timeout: 60_000 }, (framework) => {
  test('names the work, the function and the route', async () => {
    const { record, stdout, page } = await profileApp(['--', 'node', fixture('order-app.mjs'), framework], {
      load: orders,
      seconds: 3,
    })
    for (const category of ['parse', 'stringify', 'validation', 'compression', 'hashing'])
      expect([category, shareOf(record, category) > 0]).toEqual([category, true])
    const libraries = record.categories.flatMap((row) => row.libraries.map(({ name }) => name))
    expect(libraries).toEqual(
      expect.arrayContaining(['JSON.parse', 'JSON.stringify', 'zod', 'node:zlib', 'node:crypto']),
    )
    const sites = record.callSites.map((site) => `${site.category} ${site.function} ${site.file.split('/').at(-1)}`)
    expect(sites).toEqual(
      expect.arrayContaining(['compression packOrder order-app.mjs', 'validation checkOrder order-app.mjs']),
    )
    const [route] = record.routes
    expect(route?.route).toBe('POST /orders/:id')
    expect(route?.requests).toBeGreaterThan(10)
    expect(route?.movable).toBeGreaterThan(0)
    expect(route?.movable).toBeLessThanOrEqual(route?.share ?? 0)
    // Of its work, because on a busy machine the load may be too small to fill the time.
    expect(record.bound.movableOfBusy).toBeGreaterThan(0.2)
    expect(record.requests).toBeGreaterThan(10)
    expect(record.categories.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 2)
    expect(record.overhead.perSampleMicros).toBeGreaterThan(0)
    expect(stdout).toMatch(/The profiler took [\d.]+ % of a core/)
    expect(record.bound.p99.without).toBeLessThanOrEqual(record.bound.p99.now)
    expect(stdout).toContain('validation')
    expect(page).toContain('POST /orders/:id')
  })

  test('the example, which works in a pool, has nothing to win', async () => {
    const { record, stdout } = await profileApp(['--', 'node', `${examples}/${framework}/server.js`], {
      load: small,
      seconds: 2,
    })
    expect(record.routes.map(({ route }) => route)).toContain('POST /canonical')
    expect(shareOf(record, 'sidelane')).toBeLessThan(0.02)
    expect(record.bound.movable).toBeLessThan(0.1)
    expect(stdout).toContain('Nothing to win here')
    // Beside the agent's threads, those of the pool worked.
    expect(record.process.workers).toBeGreaterThan(0)
  })
})

test('the example of the Fetch API: the inline engine can move', { timeout: 60_000 }, async () => {
  const { record } = await profileApp(
    ['--', 'node', `${root}test/frameworks/serve-module.mjs`, `${examples}/fetch/worker.js`],
    { load: { ...small, path: '/' }, seconds: 3 },
  )
  expect(record.requests).toBeGreaterThan(10)
  expect(movableCategories.reduce((sum, category) => sum + shareOf(record, category), 0)).toBeGreaterThan(0)
  expect(record.categories.flatMap(({ libraries }) => libraries.map(({ name }) => name))).toContain('sidelane')
})

test('an app that waits for a database has nothing to win', { timeout: 60_000 }, async () => {
  const { record, stdout, status } = await profileApp(['--', 'node', fixture('database-app.mjs')], {
    seconds: 2,
    load: { path: '/', body: '{}' },
  })
  expect(status).toBe(0)
  expect(record.verdict.hotPath).toBe(false)
  expect(record.answers).toMatchObject({ cpuBound: false, hotPath: false })
  expect(shareOf(record, 'idle')).toBeGreaterThan(0.5)
  expect(stdout).toContain('Nothing to win here')
  // It stops: no list of functions, no routes.
  expect(stdout).not.toContain('work that could move  ')
})

test('a process that runs already is as it was afterwards', { timeout: 120_000 }, async () => {
  const port = await freePort()
  const app = spawn(process.execPath, ['--inspect-port=0', fixture('order-app.mjs'), 'hono'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void app.kill('SIGKILL'))
  let log = ''
  app.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const end = new AbortController()
  const sent = sendLoad(port, orders, end.signal)
  const listens = (): Promise<boolean> =>
    fetch(`http://localhost:${port}/`).then(
      () => true,
      () => false,
    )
  await expect.poll(listens).toBe(true)
  // Twice, because the first one must leave nothing behind.
  for (const attempt of [1, 2]) {
    const { record, status } = await profileApp(['--pid', String(app.pid)], { port })
    expect([attempt, status, record.process.pid]).toEqual([attempt, 0, app.pid])
    expect(shareOf(record, 'parse')).toBeGreaterThan(0)
    expect(record.routes[0]?.route).toBe('POST /orders/:id')
    // The inspector was not open before.
    await expect.poll(() => log.split('Debugger ending').length - 1).toBe(attempt)
  }
  end.abort()
  expect(await sent).toBeGreaterThan(10)
  app.kill()
  expect((await once(app, 'exit'))[1]).toBe('SIGTERM')
})

test('of a cluster, the busiest process is shown and the others are listed', { timeout: 60_000 }, async () => {
  const { record, stdout } = await profileApp(['--', 'node', fixture('cluster-app.mjs')], { load: orders, seconds: 4 })
  expect(record.others).toHaveLength(2)
  expect(shareOf(record, 'parse')).toBeGreaterThan(0.02)
  expect(stdout).toContain('The busiest of 3 processes')
})
