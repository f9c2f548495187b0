// Type checks of calls: `npm run typecheck` fails when a line marked as an error compiles.
import {
  createHost,
  createProcessor,
  defineContract,
  toTransformStream,
  type Accepted,
  type Answered,
  type Processor,
  type ProcessOptions,
} from 'sidelane'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import * as z from 'zod'

interface Order {
  readonly id: string
  readonly lines: number[]
}

const order = defineContract({ name: 'order', schema: z.strictObject({ id: z.string(), lines: z.array(z.number()) }) })
const value: Order = { id: 'a', lines: [1] }

test('a payload is bytes, text or a value of the schema', async () => {
  await using processor = await createProcessor(order, { placement: 'inline' })
  for (const payload of [value, JSON.stringify(value), new Uint8Array(Buffer.from(JSON.stringify(value)))]) {
    expect((await processor.process(payload)).ok).toBe(true)
  }
  await using canonical = await createProcessor(order, { placement: 'inline', canonical: true })
  const source = new ReadableStream<string>({
    start(controller) {
      controller.enqueue(JSON.stringify(value))
      controller.close()
    },
  })
  for await (const item of source.pipeThrough(toTransformStream(canonical))) {
    if (item.ok) expect(item.value()).toEqual(value)
  }
  // @ts-expect-error a wrong type
  expect((await processor.process({ id: 1, lines: [] })).ok).toBe(false)
  // @ts-expect-error a missing member
  expect((await processor.process({ id: 'a' })).ok).toBe(false)
  // @ts-expect-error an unknown member
  expect((await processor.process({ ...value, note: '' })).ok).toBe(false)
})

test('an outcome has a typed value with `canonical`', async () => {
  const host = await createHost()
  onTestFinished(() => host.close())
  const plain = host.processor(order)
  const canonical = host.processor(order, { canonical: true })
  const outcomes = [await plain.process(value, { canonical: true }), await canonical.process(value)]
  for (const outcome of outcomes) {
    if (!outcome.ok) throw new Error(outcome.code)
    expectTypeOf(outcome.value()).toEqualTypeOf<{ id: string; lines: number[] }>()
    expect(outcome.value()).toEqual(value)
  }
  for (const outcome of [await plain.process(value), await canonical.process(value, { canonical: false })]) {
    if (!outcome.ok) throw new Error(outcome.code)
    expectTypeOf(outcome).toEqualTypeOf<Accepted & Answered>()
    expect(outcome).not.toHaveProperty('value')
  }
  expectTypeOf(plain).toExtend<Processor<{ id: string; lines: number[] }>>()
})

test('an option may be undefined', async () => {
  const request: { signal?: AbortSignal; ms?: number } = {}
  const options: ProcessOptions = { signal: request.signal, deadlineMs: request.ms }
  await using processor = await createProcessor(order, { threads: request.ms, deadlineMs: request.ms })
  expect((await processor.process(value, options)).ok).toBe(true)
})
