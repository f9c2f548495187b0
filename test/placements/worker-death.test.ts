// When a payload kills its worker, only that payload fails.
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { act, faultyWorker, faultyWorkerSource, freshFile, openPool, tick, timed } from './pool-kit.ts'

test('payloads of a dead worker run again', async () => {
  const { processor } = await openPool()
  const payloads = [act('exitOnce', freshFile('died')), ...Array.from({ length: 30 }, (_, i) => `[${i}]`)]
  const outcomes = await Promise.all(payloads.map((payload) => processor.process(payload, { canonical: true })))
  expect(outcomes.map((outcome) => outcome.ok && JSON.stringify(outcome.value()))).toEqual(payloads)
  expect(processor.stats()).toMatchObject({ calls: 31, accepted: 31, failed: 0 })
})

for (const death of ['exit', 'heap'] as const) {
  test(`only the payload that kills its worker twice fails: ${death}`, async () => {
    const { processor } = await openPool({ threads: 2 })
    const payloads = [...Array.from({ length: 10 }, () => '1'), act(death), ...Array.from({ length: 10 }, () => '2')]
    const results = await Promise.allSettled(payloads.map((payload) => processor.process(payload)))
    const failed = results.flatMap((result, i) => (result.status === 'rejected' ? [[i, result.reason]] : []))
    expect(failed).toMatchObject([[10, { code: 'internal.panic', status: 500 }]])
    expect((await processor.process('3')).ok).toBe(true)
    expect(processor.stats()).toMatchObject({ calls: 22, accepted: 21, failed: 1, inFlight: 0, queued: 0 })
  })
}

test('a hung worker is terminated after its callers have failed at their deadlines', async () => {
  const { processor } = await openPool()
  const calls = [
    processor.process('1'),
    processor.process(act('spin'), { deadlineMs: 500 }),
    processor.process('2', { deadlineMs: 10_000 }),
  ]
  const [first, hung, last] = await Promise.all(calls.map(timed))
  expect(hung?.error).toMatchObject({ code: 'deadline.exceeded', params: { where: 'run' } })
  expect([first?.error, last?.error]).toEqual([undefined, undefined])
  expect(hung?.ms).toBeLessThan(last?.ms ?? 0)
})

test('a contract with larger payloads gets larger workers', async () => {
  const { host } = await openPool({ workerUrl: undefined as never, deadlineMs: 60_000 })
  const limits = { maxBytes: 40 * 2 ** 20 }
  const processor = host.processor(contractOf({}, { name: 'large', limits }))
  const payload = Buffer.from(
    `[${Array.from({ length: 260_000 }, () => '{"id":123,"name":"some thing","tags":["a","b"]}').join()}]`,
  )
  await expect.poll(() => processor.process(payload).then(({ ok }) => ok)).toBe(true)
})

test('when no worker can start, calls fail with the reason; they work again when the cause is gone', async () => {
  const file = freshFile('worker.mjs')
  writeFileSync(file, faultyWorkerSource())
  const kept = freshFile('worker.mjs')
  copyFileSync(file, kept)
  const { processor } = await openPool({ workerUrl: pathToFileURL(file) })
  expect((await processor.process('1')).ok).toBe(true)

  rmSync(file)
  await expect(processor.process(act('exit'), { deadlineMs: 15_000 })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    cause: expect.any(Error) as Error,
  })
  const second = expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable' })
  // No worker is tried.
  await tick()
  expect(processor.stats()).toMatchObject({ failed: 2, inFlight: 0 })
  await second

  copyFileSync(kept, file)
  const answered = (): Promise<boolean> =>
    processor.process('1').then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(answered).toBe(true)
})

test('a new worker that cannot load the native engine falls back to js', async (context) => {
  needEngine('native', context)
  const [file, gone] = [freshFile('worker.mjs'), freshFile('gone')]
  writeFileSync(
    file,
    `import { existsSync } from 'node:fs'
    if (existsSync(${JSON.stringify(gone)})) process.env.SIDELANE_NATIVE_PATH = '/nowhere/sidelane.node'
    export const { run } = await import('${faultyWorker.href}')`,
  )
  const { processor } = await openPool({ engine: 'auto', workerUrl: pathToFileURL(file) })
  expect((await processor.process('1')).ok).toBe(true)
  expect(processor.engine.kind).toBe('native')

  writeFileSync(gone, '')
  await processor.process(act('exitOnce', freshFile('died'))).catch(() => {})
  const answered = (): Promise<boolean> =>
    processor.process('1').then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(answered).toBe(true)
  expect(processor.engine).toMatchObject({ kind: 'js', tried: [{ path: '/nowhere/sidelane.node' }] })
})
