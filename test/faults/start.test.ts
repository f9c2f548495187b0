// Fault rows about workers and addons that do not load, always or at times, and about starting and ending many workers.
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createHost } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { engineKinds, needEngine } from '../support/need.ts'
import { expectHoldings, expectSoon, holdings } from './oracles.ts'
import { act, anything, faultyWorker, faultyWorkerSource, freshFile, mix, onTrial, pools } from './fault-kit.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Writes a worker file with this source. */
function workerOf(source: string): URL {
  const file = freshFile('worker.mjs')
  writeFileSync(file, source)
  return pathToFileURL(file)
}

test.each([
  ['is missing', undefined, 'missing.mjs'],
  ['throws while it loads', 'throw new Error("no luck today")', 'no luck today'],
  ['exits while it loads', 'process.exit(3)', '3'],
  ['is not ours', 'export const run = () => 7', 'not the worker of this version'],
] as const)('F16: a worker file that %s is named at creation, and leaves nothing behind', async (_, source, reason) => {
  await using first = await createHost({ placement: 'pool', engine: 'js', threads: 1 })
  await first.close()
  const before = holdings()
  const workerUrl = source === undefined ? pathToFileURL(freshFile('missing.mjs')) : workerOf(source)
  const startedAt = performance.now()
  const error = await createHost({ placement: 'pool', engine: 'js', threads: 2, workerUrl }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'options.invalid' })
  expect((error as Error).message).toContain(reason)
  expect((error as Error).message).toContain(String(workerUrl))
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  await expectHoldings('O4: after the refusal', before)
})

test('F16: a worker file that never finishes loading is named within the time limit, and its threads end', async () => {
  const before = holdings()
  const startedAt = performance.now()
  const sources = ['await new Promise(() => {}); export const run = 0', 'for (;;);']
  const errors = await Promise.all(
    sources.map((source) =>
      createHost({ placement: 'pool', engine: 'js', threads: 1, workerUrl: workerOf(source) }).catch(
        (error: unknown) => error,
      ),
    ),
  )
  for (const error of errors) expect(error).toMatchObject({ code: 'options.invalid' })
  expect(performance.now() - startedAt).toBeLessThan(30_000)
  await expectHoldings('O4: after the refusals', before)
})

test('F16: an addon that does not load: auto selects js and reports the cause, native is refused', () => {
  const broken = freshFile('broken.node')
  writeFileSync(broken, 'no library at all')
  const script = `
    import { createHost } from 'sidelane'
    for (const placement of ['inline', 'pool']) {
      const host = await createHost({ engine: 'auto', placement })
      const { kind, tried } = host.engine
      console.log(placement, kind, tried.length, tried[0].path === process.argv[1])
      await host.close()
    }
    console.log(await createHost({ engine: 'native' }).catch(({ code }) => code))
  `
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script, broken], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, SIDELANE_NATIVE_PATH: broken },
    timeout: 60_000,
  })
  expect(child.stdout).toBe('inline js 1 true\npool js 1 true\nengine.unavailable\n')
  expect(child.status).toBe(0)
})

describe.each(pools)('$placement, $engine', (place) => {
  test('F17: no worker can start: calls fail at once with the cause, and succeed when workers start again', async (context) => {
    const file = freshFile('worker.mjs')
    writeFileSync(file, faultyWorkerSource())
    const kept = freshFile('kept.mjs')
    copyFileSync(file, kept)
    await onTrial(
      context,
      place,
      async (trial) => {
        rmSync(file)
        const first = await trial.offerAll([act('exit'), ...mix(10)])
        expect(first.filter(({ code }) => code === 'unavailable').length).toBeGreaterThan(0)
        // Their deadlines are later.
        expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(10_000)
        await expectSoon(100, async () => {
          const next = await trial.offer('[1]')
          expect(next).toMatchObject({ code: 'unavailable', error: { retryable: true, cause: expect.any(Error) } })
          return next.ms
        })

        copyFileSync(kept, file)
        const startedAt = performance.now()
        let code = ''
        while (code !== 'ok' && performance.now() - startedAt < 30_000) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          code = (await trial.offer('[1]')).code
        }
        expect(code).toBe('ok')
      },
      { workerUrl: pathToFileURL(file) },
    )
  })

  test('F17: a worker that dies before it has started is replaced like any other', async (context) => {
    // Every other start fails.
    const flag = freshFile('flag')
    const source = `
      import { existsSync, rmSync } from 'node:fs'
      const flag = ${JSON.stringify(flag)}
      if (existsSync(flag)) {
        rmSync(flag)
        throw new Error('not this time')
      }
      export const { run } = await import(${JSON.stringify(faultyWorker.href)})
    `
    await onTrial(
      context,
      place,
      async (trial) => {
        for (let round = 0; round < 3; round++) {
          writeFileSync(flag, '')
          const endings = await trial.offerAll([act('exitOnce', freshFile('died')), ...mix(20)])
          expect(endings.every(({ code }) => ['ok', 'rejected', 'unavailable', 'internal.panic'].includes(code))).toBe(
            true,
          )
          const startedAt = performance.now()
          let code = ''
          while (code !== 'ok' && performance.now() - startedAt < 30_000) code = (await trial.offer('[1]')).code
          expect(code).toBe('ok')
        }
      },
      { workerUrl: workerOf(source), threads: 2 },
    )
  })
})

test.for(engineKinds)(
  'F19: %s: 200 workers, 8 at a time, start, run and end without a crash or a leak',
  async (engine, context) => {
    needEngine(engine, context)
    const round = async (): Promise<void> => {
      const host = await createHost({ placement: 'pool', engine, threads: 8, deadlineMs: 20_000 })
      const processor = host.processor(anything)
      const calls = Promise.allSettled(mix(64).map((payload) => processor.process(payload)))
      // Also while calls run.
      if (Math.random() < 0.5) await calls
      await host.destroy()
      await calls
    }
    await round()
    await round()
    const before = holdings()
    for (let i = 0; i < 25; i++) await round()
    await expectHoldings('O4: after 200 workers', before)
  },
)

test('F19: a pool that ends while a worker loads leaves no file open', async () => {
  // A file that a terminated thread was opening would stay open.
  const workerUrl = workerOf(`
    import { readFile } from 'node:fs/promises'
    const read = () => readFile(new URL(import.meta.url))
    for (const until = Date.now() + 150; Date.now() < until;) await Promise.all(Array.from({ length: 20 }, read))
    export const { run } = await import(${JSON.stringify(faultyWorker.href)})
  `)
  const round = async (): Promise<void> => {
    const host = await createHost({ placement: 'pool', engine: 'js', threads: 2, workerUrl })
    const died = host.processor(anything).process(act('exit'))
    await expect(died).rejects.toMatchObject({ code: 'internal.panic' })
    // Both workers are starting again.
    await sleep(75)
    await host.close()
  }
  await round()
  const before = holdings()
  for (let i = 0; i < 2; i++) await round()
  await expectHoldings('O4: after the end', before)
})
