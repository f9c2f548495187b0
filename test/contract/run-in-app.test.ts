// runInApp: the zod schema of the contract on the caller's thread, behind the engine.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { join } from 'node:path'
import {
  createHost,
  createProcessor,
  defineContract,
  describeIssue,
  parseContract,
  type Contract,
  type FallbackTarget,
  type Host,
} from 'sidelane'
import * as edge from 'sidelane/edge'
import { afterAll, describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import * as z from 'zod'
import { freshFolder } from '../support/folders.ts'

const host = createHost({ placement: 'inline', engine: 'js' })
afterAll(async () => (await host).close())

/** A contract whose root member `a` is a string with a check of the app. */
const checked = (check: (text: string) => unknown, name = 'checked') =>
  defineContract({ name, schema: z.looseObject({ a: z.string().refine(check, 'no') }), appOnly: ['refine'] })

const inApp = async <In, Out>(contract: Contract<In, Out>) => (await host).processor(contract, { runInApp: true })

describe('the document', () => {
  const seen: unknown[] = []
  const contract = defineContract({
    name: 'seen',
    schema: z.looseObject({ a: z.unknown().refine((value) => seen.push(value)) }),
    appOnly: ['refine'],
  })

  test.each([
    ['text', '{ "a" : [1, "é", {"x": null}] , "b": 2}', [1, 'é', { x: null }]],
    ['bytes', Buffer.from('{"a":"\\u0061"}'), 'a'],
    ['a value', { a: new Date(0) }, '1970-01-01T00:00:00.000Z'],
    ['keys with escapes', '{"x\\\\":1,"a":{"\\u0061":2}}', { a: 2 }],
  ])('is as it was read: %s', async (_, payload, document) => {
    seen.length = 0
    expect(await (await inApp(contract)).process(payload as string)).toMatchObject({ ok: true })
    expect(seen).toEqual([document])
  })

  test('a rejected payload never reaches the schema', async () => {
    seen.length = 0
    const processor = await inApp(contract)
    for (const payload of ['{"a":1,"a":2}', '[]', '{', '{"a":9007199254740993}']) {
      expect(await processor.process(payload)).toMatchObject({ ok: false })
    }
    expect(seen).toEqual([])
  })

  const kinds: [string, (bytes: Buffer<ArrayBuffer>) => unknown][] = [
    ['a Buffer', (bytes) => bytes],
    ['an ArrayBuffer', ({ buffer }) => buffer],
    ['a DataView', ({ buffer }) => new DataView(buffer)],
    ['an Int8Array', ({ buffer }) => new Int8Array(buffer)],
    ['a Uint8ClampedArray', ({ buffer }) => new Uint8ClampedArray(buffer)],
  ]
  test.each(kinds)('bytes that the caller overwrites in the meantime do not change it: %s', async (_, payloadOf) => {
    seen.length = 0
    await using pool = await createProcessor(contract, { placement: 'pool', threads: 1, engine: 'js', runInApp: true })
    const bytes = Buffer.alloc(7)
    bytes.write('{"a":1}')
    const outcome = pool.process(payloadOf(bytes) as Uint8Array, { canonical: true })
    bytes[5] = 0x32
    expect(await outcome).toMatchObject({ ok: true, canonical: new Uint8Array(Buffer.from('{"a":1}')) })
    expect(seen).toEqual([1])
  })
})

test('the value is the output of zod, once for each payload', async () => {
  let runs = 0
  const processor = await inApp(checked(() => ++runs))
  const outcome = await processor.process({ a: 'x' })
  if (!outcome.ok) throw new Error(outcome.code)
  expectTypeOf(outcome.value()).toExtend<{ a: string }>()
  expect([outcome.value(), outcome.value(), runs]).toEqual([{ a: 'x' }, { a: 'x' }, 1])
  expect(outcome).not.toHaveProperty('canonical')
  const canonical = await processor.process({ a: 'x' }, { canonical: true })
  expect(canonical.ok && [Buffer.from(canonical.canonical).toString(), canonical.value()]).toEqual([
    '{"a":"x"}',
    { a: 'x' },
  ])
})

test('transforms, strip, defaults and coercions are those of zod, of the document as it was read', async () => {
  const contract = defineContract({
    name: 'converted',
    schema: z.object({
      born: z.iso.date().transform((day) => new Date(day)),
      size: z.coerce.number().default(1),
      name: z.string().trim(),
    }),
    appOnly: 'all',
  })
  const processor = (await host).processor(contract, { runInApp: true, canonical: true })
  const outcome = await processor.process('{"born":"2026-01-02","name":" a ","size":"7","extra":1}')
  if (!outcome.ok) throw new Error(outcome.code)
  expectTypeOf(outcome.value()).toEqualTypeOf<{ born: Date; size: number; name: string }>()
  expect(outcome.value()).toEqual({ born: new Date('2026-01-02'), size: 7, name: 'a' })
  expect(Buffer.from(outcome.canonical).toString()).toBe('{"born":"2026-01-02","name":"a","size":7}')
})

test('issues are those of zod, at most 32, with pointers', async () => {
  const contract = defineContract({
    name: 'many',
    schema: z.record(z.string(), z.array(z.int().refine((n) => n < 0, 'must be < 0'))),
    appOnly: ['refine'],
  })
  const outcome = await (await inApp(contract)).process({ 'a/b': Array.from({ length: 40 }, (_, i) => i) })
  if (outcome.ok) throw new Error('accepted')
  expect(outcome).toMatchObject({ code: 'app.failed', status: 422, truncated: true })
  expect(outcome.issues).toHaveLength(32)
  expect(outcome.issues[3]).toEqual({ code: 'app.failed', pointer: '/a~1b/3', check: 'custom', message: 'must be < 0' })
  expect(outcome.issues.map(describeIssue)[3]).toBe('At /a~1b/3: must be < 0')
})

describe('an asynchronous schema', () => {
  const tick = async (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))

  test('is awaited', async () => {
    const processor = await inApp(
      checked(async (text) => {
        await tick()
        return text === 'yes'
      }),
    )
    const outcomes = await Promise.all(['yes', 'no', 'yes'].map((a) => processor.process({ a })))
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true])
  })

  test('is asked once for each payload', async () => {
    let runs = 0
    const processor = await inApp(checked(async () => ++runs))
    for (let i = 0; i < 4; i++) await processor.process({ a: 'x' })
    expect(runs).toBe(4)
  })

  const never = checked(() => new Promise(() => {}))
  const open: readonly (readonly [string, (deadlineMs?: number) => Promise<Host>])[] = [
    ['inline', (deadlineMs) => createHost({ deadlineMs })],
    ['inline, with a cache', (deadlineMs) => createHost({ deadlineMs, cache: {} })],
    ['a pool, with a cache', (deadlineMs) => createHost({ placement: 'pool', threads: 1, deadlineMs, cache: {} })],
    ['of the edge', (deadlineMs) => edge.createHost({ deadlineMs })],
    ['a pool', (deadlineMs) => createHost({ placement: 'pool', threads: 1, engine: 'js', deadlineMs })],
    ['auto', (deadlineMs) => createHost({ placement: 'auto', threads: 1, engine: 'js', deadlineMs })],
  ]

  test.each(open)('ends with the deadline, the signal and destroy: %s', async (_, openHost) => {
    const placed = await openHost()
    onTestFinished(() => placed.destroy())
    const processor = placed.processor(never, { runInApp: true })
    await expect(processor.process({ a: 'x' }, { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'deadline.exceeded',
      params: { where: 'run' },
    })
    const signal = AbortSignal.timeout(50)
    await expect(processor.process({ a: 'x' }, { signal })).rejects.toMatchObject({ code: 'cancelled' })
    const left = expect(processor.process({ a: 'x' })).rejects.toMatchObject({ code: 'unavailable' })
    await processor.destroy()
    await left
    expect(processor.stats()).toMatchObject({ inFlight: 0, queued: 0 })
    const other = expect(placed.processor(never, { runInApp: true }).process({ a: 'x' }))
    const ended = other.rejects.toMatchObject({ code: 'unavailable' })
    await placed.destroy()
    await ended
  })

  test.each(open)('has the deadline of its host: %s', async (_, openHost) => {
    const placed = await openHost(100)
    onTestFinished(() => placed.destroy())
    const slow = placed.processor(never, { runInApp: true })
    const quick = placed.processor(checked(tick, 'quick'), { runInApp: true })
    const ends = expect(slow.process({ a: 'x' })).rejects.toMatchObject({ code: 'deadline.exceeded' })
    expect(await quick.process({ a: 'x' }, { deadlineMs: 20_000 })).toMatchObject({ code: 'app.failed' })
    await ends
    expect(placed.stats()).toMatchObject({ calls: 2, deadlineExceeded: 1, inFlight: 0 })
  })
})

describe('a callback that throws is a fault', () => {
  const cause = new Error('secret of the payload')
  test.each([
    [
      'at once',
      () => {
        throw cause
      },
    ],
    ['later', (text: string) => (text === 'first' ? Promise.resolve(true) : Promise.reject(cause))],
  ])('%s', async (_, check) => {
    const processor = await inApp(checked(check))
    if (check.length > 0) await processor.process({ a: 'first' })
    const error: unknown = await processor.process({ a: 'x' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'app.threw', status: 500, retryable: false, cause })
    expect(String(error)).not.toContain('secret')
    expect(processor.stats()).toMatchObject({ failed: 1, inFlight: 0 })
  })
})

// An unhandled rejection ends a Node process: a test in this process could not see that.
test.each(['at the first payload', 'at a later one'])(
  'no rejection of a callback is left unhandled: %s',
  async (when) => {
    const program = `
    import { createProcessor, defineContract } from 'sidelane'
    import * as z from 'zod'
    let runs = ${when === 'at the first payload' ? 1 : 0}
    const look = (text) => (runs++ > 0 ? Promise.reject(new Error('the database is away')) : text !== '')
    const schema = z.object({ a: z.string().refine(look), b: z.string().transform(look), c: z.array(z.string().refine(look)) })
    const processor = await createProcessor(defineContract({ name: 'away', schema, appOnly: 'all' }), { runInApp: true })
    for (const c of [['x'], ['x', 'y']]) await processor.process({ a: 'x', b: 'x', c }).catch(({ code }) => console.log(code))
    await processor.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log('alive')
  `
    const args = ['--input-type=module', '--eval', program]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout).toBe('app.threw\napp.threw\nalive\n')
  },
)

describe('a payload that no engine has read', () => {
  const ambiguous: [payload: string | Uint8Array, code: string][] = [
    ['{"a":"x","a":"y"}', 'parse.duplicate_key'],
    ['{bad', 'parse.syntax'],
    ['', 'parse.syntax'],
    [Uint8Array.of(0x7b, 0xff), 'parse.utf8'],
    [Buffer.from('\ufeff{"a":"x"}'), 'parse.bom'],
    ['{"a":"x","b":9007199254740993}', 'number.unsafe_integer'],
    [Buffer.alloc(1_048_577, '1'), 'limit.bytes'],
  ]
  const nobody = (): string => join(freshFolder(), 's.sock')
  const fallbacks: [string, FallbackTarget][] = [
    ['skip', 'skip'],
    ['a function that took it', () => undefined],
    ['a function that answers', () => ({ ok: true, body: Buffer.from('{}'), codec: 'none' })],
  ]

  test.each(fallbacks)('is read as strictly, and its rejection is the outcome: %s', async (_, fallback) => {
    const seen: string[] = []
    await using processor = await createProcessor(
      checked((text) => seen.push(text) > 0),
      { placement: 'sidecar', socket: nobody(), fallback, runInApp: true },
    )
    const codes = await Promise.all(
      ambiguous.map(async ([payload]) => {
        const outcome = await processor.process(payload)
        return outcome.ok ? 'ok' : outcome.code
      }),
    )
    expect(codes).toEqual(ambiguous.map(([, code]) => code))
    expect(seen).toEqual([])
    const outcome = await processor.process('{"a":"\\u0078"}')
    expect(outcome.ok && outcome.value()).toEqual({ a: 'x' })
  })

  test('has a value only where it is read as strictly', async () => {
    const big = defineContract({ name: 'big', numbers: 'int64', schema: z.object({ a: z.int64() }) })
    const host = await createHost({ placement: 'sidecar', socket: nobody(), fallback: 'skip' })
    onTestFinished(() => host.destroy())
    const read = async (contract: Contract, payload: string | Uint8Array): Promise<unknown> => {
      const outcome = await host.processor(contract, { canonical: true }).process(payload)
      if (!outcome.ok) throw new Error(outcome.code)
      expect(outcome.via.placement).toBe('none')
      expect(outcome.canonical).toEqual(new Uint8Array(Buffer.from(payload)))
      return outcome.value()
    }
    const plain = checked(() => true) as Contract
    expect(await read(plain, ' {"a" : 1}')).toEqual({ a: 1 })
    expect(await read(big as Contract, '{"a":9007199254740993}')).toEqual({ a: 9007199254740993n })
    for (const [payload, code] of ambiguous.slice(0, 2)) {
      await expect(read(plain, payload)).rejects.toMatchObject({ name: 'SidelaneError', code })
    }
  })
})

test('a cached result is checked again', async () => {
  let runs = 0
  await using processor = await createProcessor(
    checked(() => ++runs),
    { cache: {}, runInApp: true },
  )
  const outcomes = await Promise.all([1, 2, 3].map(() => processor.process({ a: 'x' })))
  expect(outcomes.map((outcome) => outcome.ok && outcome.value())).toEqual([{ a: 'x' }, { a: 'x' }, { a: 'x' }])
  expect([runs, processor.stats().cache?.hits]).toEqual([3, 2])
})

test('streams', async () => {
  const processor = await inApp(checked((text) => text !== 'b'))
  const codes: string[] = []
  for await (const item of processor.stream([{ a: 'a' }, { a: 'b' }, '{"a":"c"}']))
    codes.push(item.ok ? 'ok' : item.code)
  expect(codes).toEqual(['ok', 'app.failed', 'ok'])
})

test('a contract from a lock has no schema', async () => {
  const contract = parseContract(JSON.stringify(checked(() => true).lock))
  const error = {
    code: 'options.invalid',
    message: expect.stringContaining('pass the contract that defineContract returned'),
  }
  await expect(createProcessor(contract, { runInApp: true })).rejects.toMatchObject(error)
  await expect(createProcessor(contract, { runInApp: 1 as never })).rejects.toMatchObject({ code: 'options.invalid' })
})

test('a processor says once what does not run', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const contract = checked(() => true, 'said-once')
  ;(await host).processor(contract, { runInApp: true })
  expect(warn).not.toHaveBeenCalled()
  ;(await host).processor(contract)
  ;(await host).processor(contract)
  expect(warn).toHaveBeenCalledOnce()
  expect(warn.mock.calls[0]?.[0]).toMatch(/"said-once" .*do not run here: .*runInApp: true/)
})
