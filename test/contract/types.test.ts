// Type checks of calls: `npm run typecheck` fails when a line marked as an error compiles.
import {
  createHost,
  createProcessor,
  createRollout,
  defineContract,
  lines,
  SidelaneError,
  toTransformStream,
  type Accepted,
  type Answered,
  type AppRejected,
  type Payload,
  type PayloadBytes,
  type Processor,
  type ProcessOptions,
  type ProcessOutcome,
  type Rollout,
  type StreamItem,
} from 'sidelane'
import type { QueueProcessor } from 'sidelane/bullmq'
import { createProcessor as createEdgeProcessor } from 'sidelane/edge'
import { inferContract } from 'sidelane/infer'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { bytesOfEachKind } from '../support/payload-kinds.ts'

interface Order {
  readonly id: string
  readonly lines: number[]
}

const order = defineContract({ name: 'order', schema: z.strictObject({ id: z.string(), lines: z.array(z.number()) }) })
/** What the contract says of a payload. */
type Value = { id: string; lines: number[] }
type Placed<C extends boolean, A extends boolean = false> = Processor<Value, Value, C, A>

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
  for (const payload of bytesOfEachKind(JSON.stringify(value))) {
    expectTypeOf(payload).toEqualTypeOf<PayloadBytes>()
    expect((await processor.process(payload)).ok).toBe(true)
    for await (const item of processor.stream([payload])) expect(item.ok).toBe(true)
  }
  // @ts-expect-error numbers of two bytes
  await expect(processor.process(new Uint16Array(2))).rejects.toMatchObject({ code: 'options.invalid' })
  // @ts-expect-error a wrong type
  expect((await processor.process({ id: 1, lines: [] })).ok).toBe(false)
  // @ts-expect-error a missing member
  expect((await processor.process({ id: 'a' })).ok).toBe(false)
  // @ts-expect-error an unknown member
  expect((await processor.process({ ...value, note: '' })).ok).toBe(false)
})

test('a text is no source of payloads', async () => {
  await using processor = await createProcessor(order)
  // @ts-expect-error Its items would be its characters.
  expect(() => processor.stream('{}')).toThrow(SidelaneError)
  // @ts-expect-error
  expect(() => inferContract('{}', { name: 'text' })).toThrow(SidelaneError)
  // @ts-expect-error
  expect(() => defineContract({ name: 'text', schema: z.string(), samples: '{}' })).toThrow(SidelaneError)
  const submit: Parameters<QueueProcessor['submit']>[0][] = [[value], new Set(['{}']), lines('{}')]
  // @ts-expect-error
  submit.push('{}')
  for await (const item of processor.stream(lines(JSON.stringify(value)))) expect(item.ok).toBe(true)
})

test('functions of the app are typed by what they get', async () => {
  const ofValue = ({ id }: Value): AppRejected => ({ ok: false, code: id })
  const sides = { contract: order, baseline: ofValue, candidate: ofValue, log: false } as const
  await using rollout = await createRollout({
    ...sides,
    key: ({ id }: Value) => id,
    fallback: (payload) => void expectTypeOf(payload).toEqualTypeOf<Payload<Value>>(),
  })
  expectTypeOf(rollout).toEqualTypeOf<Rollout<Value>>()
  await using other = await createRollout({
    ...sides,
    candidate(payload) {
      expectTypeOf(payload).toEqualTypeOf<Payload<Value>>()
      return { ok: false }
    },
    key(payload) {
      expectTypeOf(payload).toEqualTypeOf<Payload<Value>>()
      return ''
    },
    fallback: { to: (payload) => void expectTypeOf(payload).toEqualTypeOf<Payload<Value>>() },
  })
  await using host = await createHost({
    fallback: (payload) => void expectTypeOf(payload).toEqualTypeOf<Uint8Array | string>(),
  })
  // @ts-expect-error the fallback of a host gets the bytes of a value
  await using bytes = await createHost({ fallback: ofValue })
  // @ts-expect-error a key of another payload
  await using wrong = await createRollout({ ...sides, key: (payload: number) => String(payload) })
  expect([rollout, other, host, bytes, wrong].map(({ state }) => state)).toEqual(Array(5).fill('ready'))
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

test('an option that may be undefined gives an outcome that may have a value', async () => {
  const host = await createHost()
  onTestFinished(() => host.close())
  const plain = host.processor(order)
  const maybe = Math.random() < 2 ? undefined : true
  const rollout = { contract: order, baseline: plain, candidate: plain } as const
  expectTypeOf(host.processor(order, { canonical: maybe, runInApp: maybe })).toEqualTypeOf<Placed<boolean, boolean>>()
  expectTypeOf(await createProcessor(order, { canonical: maybe })).toEqualTypeOf<Placed<boolean>>()
  expectTypeOf(await createProcessor(order, { runInApp: maybe })).toEqualTypeOf<Placed<false, boolean>>()
  expectTypeOf(await createEdgeProcessor(order, { canonical: maybe })).toEqualTypeOf<Placed<boolean>>()
  expectTypeOf(await createRollout({ ...rollout, canonical: maybe })).toEqualTypeOf<Rollout<Value, Value, boolean>>()
  expectTypeOf(await createProcessor(order, { canonical: true, runInApp: true })).toEqualTypeOf<Placed<true, true>>()
  const item = (await plain.stream([value], { canonical: maybe }).next()).value as StreamItem<Value>
  const reader = toTransformStream(plain, { canonical: maybe }).readable.getReader()
  expectTypeOf(plain.stream([value], { canonical: maybe })).toEqualTypeOf<AsyncIterableIterator<StreamItem<Value>>>()
  expectTypeOf(reader).toEqualTypeOf<ReadableStreamDefaultReader<StreamItem<Value>>>()
  for (const outcome of [await plain.process(value, { canonical: maybe }), item]) {
    // @ts-expect-error only with `canonical`
    expect(outcome.ok && outcome.value).toBeUndefined()
  }
})

test('a processor without `canonical` is none with it', async () => {
  await using processor = await createProcessor(order)
  // @ts-expect-error It has no value.
  const wrong: Placed<true> = processor
  // @ts-expect-error The type says nothing that the options do not say.
  await using other: Placed<true> = await createProcessor(order)
  // @ts-expect-error Nor does that of an outcome.
  const outcome: ProcessOutcome<Value, true> = await wrong.process(value, { canonical: false })
  await using canonical = await createProcessor(order, { canonical: true })
  await using inApp = await createProcessor(order, { runInApp: true })
  const plain: Processor<Value>[] = [canonical, inApp, other]
  const any: Processor<unknown, unknown, boolean, boolean>[] = [...plain, canonical, inApp]
  expect([outcome.ok, any.length]).toEqual([true, 5])
})

test('an option may be undefined', async () => {
  const request: { signal?: AbortSignal; ms?: number } = {}
  const options: ProcessOptions = { signal: request.signal, deadlineMs: request.ms }
  await using processor = await createProcessor(order, { threads: request.ms, deadlineMs: request.ms })
  expect((await processor.process(value, options)).ok).toBe(true)
})
