// Placement auto, independent of timing: small payloads do not fail with the workers, and calls in the pool are subject to
// its queue. The choice is tested in auto-choice.test.ts, the outcomes in the conformance suite (test/contract/auto-*).
import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { createHost, createProcessor, defineContract, type Host, type Processor } from 'sidelane'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { contractOf } from '../support/locks.ts'
import { freshFile, openPool } from './pool-kit.ts'

interface Auto {
  readonly host: Host
  readonly processor: Processor
  /** From now on workers do this with every batch. */
  readonly workers: (act: 'exit' | 'sleep') => void
  /** From now on no worker starts. */
  readonly breakWorkers: () => void
}

async function openAuto(options: object = {}): Promise<Auto> {
  const [file, order] = [freshFile('worker.mjs'), freshFile('order')]
  writeFileSync(order, '')
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs'
    import { run as answer } from ${JSON.stringify(new URL('../../dist/worker.js', import.meta.url).href)}
    export function run(task) {
      const order = 'hello' in task ? '' : readFileSync(${JSON.stringify(order)}, 'utf8')
      if (order === 'exit') process.exit(7)
      if (order === 'sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
      return answer(task)
    }`,
  )
  const { host, processor } = await openPool({ placement: 'auto', workerUrl: pathToFileURL(file), ...options })
  return {
    host,
    processor,
    workers: (act) => writeFileSync(order, act),
    breakWorkers: () => rmSync(file),
  }
}

/** Longer than any engine takes for less than a turn's budget. */
const largeText = `"${'x'.repeat(900_000)}"`
const codeOf = (result: PromiseSettledResult<{ readonly ok: boolean }>): string =>
  result.status === 'rejected' ? result.reason.code : 'ok'
const answered = (processor: Processor, count: number): Promise<boolean> =>
  Promise.all(Array.from({ length: count }, (_, i) => processor.process(`[${i}]`))).then((all) =>
    all.every(({ ok }) => ok),
  )

test('a large payload goes to a worker even when the event loop is idle', async () => {
  const { processor } = await openAuto()
  for (let i = 0; i < 3; i++) expect((await processor.process(largeText)).ok).toBe(true)
  expect(processor.stats()).toMatchObject({ accepted: 3, ranInline: 0 })
})

test('the caller may overwrite its bytes after the call, wherever the payload runs', async () => {
  const { processor } = await openAuto({ maxQueue: 100_000 })
  const bytes = new Uint8Array(6)
  const calls = Array.from({ length: 3000 }, (_, i) => {
    bytes.set(Buffer.from(`[${100 + (i % 900)}] `))
    return processor.process(bytes, { canonical: true })
  })
  bytes.fill(0)
  const texts = (await Promise.all(calls)).map((outcome) => outcome.ok && Buffer.from(outcome.canonical).toString())
  expect(texts).toEqual(Array.from({ length: 3000 }, (_, i) => `[${100 + (i % 900)}]`))
})

test('calls in the pool are subject to its queue and to deadlines; small payloads run meanwhile', async () => {
  const { processor, workers } = await openAuto({ maxQueueBytes: 1000 })
  workers('sleep')
  const calls = Array.from({ length: 5 }, () => processor.process(largeText, { deadlineMs: 100 }))
  const small = processor.process('1')
  const codes = (await Promise.allSettled(calls)).map(codeOf)
  expect(codes).toEqual(['deadline.exceeded', ...Array.from({ length: 4 }, () => 'overloaded')])
  expect((await small).ok).toBe(true)
})

test('a call that waits for a worker can be cancelled', async () => {
  const { processor, workers } = await openAuto()
  workers('sleep')
  const controller = new AbortController()
  const calls = Array.from({ length: 5 }, () => processor.process(largeText, { signal: controller.signal }))
  controller.abort()
  expect((await Promise.allSettled(calls)).map(codeOf)).toEqual(Array.from({ length: 5 }, () => 'cancelled'))
})

test('destroy fails the calls in the pool', async () => {
  const { processor, workers } = await openAuto()
  workers('sleep')
  const failed = expect(processor.process(largeText)).rejects.toMatchObject({ code: 'unavailable' })
  await processor.destroy()
  await failed
  expect(processor.state).toBe('closed')
})

test('small payloads that are in the pool when its last worker dies run inline', async () => {
  const { processor, workers, breakWorkers } = await openAuto({ maxQueue: 100_000 })
  workers('exit')
  breakWorkers()
  const lost = processor.process(largeText).catch((error: unknown) => error)
  expect(await answered(processor, 3000)).toBe(true)
  expect(await lost).toMatchObject({ code: expect.stringMatching(/^(unavailable|internal\.panic)$/) })
})

test('the asynchronous checks of the app of such payloads decide', async () => {
  const { host, workers, breakWorkers } = await openAuto({ maxQueue: 100_000 })
  const schema = z.array(z.int()).refine(([first]) => Promise.resolve(first !== 7))
  const contract = defineContract({ name: 'checked', schema, appOnly: ['refine'] })
  const processor = host.processor(contract, { runInApp: true })
  workers('exit')
  breakWorkers()
  const calls = Array.from({ length: 1000 }, (_, i) => processor.process(`[${i}]`))
  const codes = (await Promise.allSettled(calls)).map(codeOf)
  expect(codes).toEqual(codes.map(() => 'ok'))
  expect(await (calls[7] as Promise<unknown>)).toMatchObject({ ok: false, code: 'app.failed' })
})

test('without workers small payloads run inline and large ones fail', async () => {
  const { processor, workers, breakWorkers } = await openAuto()
  workers('exit')
  breakWorkers()
  const refused = async (): Promise<boolean> =>
    processor.process(largeText).then(
      () => false,
      ({ code }) => code === 'unavailable',
    )
  await expect.poll(refused).toBe(true)
  const before = processor.stats().ranInline as number
  expect(await answered(processor, 1000)).toBe(true)
  expect(processor.stats().ranInline).toBe(before + 1000)
})

test('a call that is late when the workers are gone takes no other call with it', async () => {
  const { processor, workers, breakWorkers } = await openAuto()
  workers('exit')
  breakWorkers()
  const isLost = (): Promise<boolean> =>
    processor.process(largeText).then(
      () => false,
      () => true,
    )
  await expect.poll(isLost).toBe(true)
  // Too large for this thread, but not where it would fail otherwise.
  const text = `"${'x'.repeat(1.3 * (processor.thresholds?.inlineMaxBytes ?? 0))}"`
  const calls = [1, 20_000, 20_000].map((deadlineMs) => processor.process(text, { deadlineMs }))
  const end = performance.now() + 5
  while (performance.now() < end);
  expect((await Promise.allSettled(calls)).map(codeOf)).toEqual(['deadline.exceeded', 'ok', 'ok'])
  expect(processor.stats()).toMatchObject({ queued: 0, queuedBytes: 0, inFlight: 0 })
})

test('small payloads succeed although every task kills its worker', async () => {
  const { processor, workers } = await openAuto({ maxQueue: 100_000, deadlineMs: 60_000 })
  workers('exit')
  expect(await answered(processor, 200)).toBe(true)
})

test('host and processor have thresholds only with placement auto', async () => {
  const host = await createHost({ placement: 'auto', threads: 1 })
  onTestFinished(() => host.close())
  const { thresholds } = host.processor(contractOf({}, { name: 'any' }))
  expect(thresholds).toBe(host.thresholds)
  expect(thresholds?.hopUs).toBeGreaterThan(0)
  expect(thresholds?.perKibUs).toBeGreaterThan(0)
  await using inline = await createProcessor(contractOf({}, { name: 'any' }))
  expect(inline.thresholds).toBeUndefined()
  expect('ranInline' in inline.stats()).toBe(false)
})
