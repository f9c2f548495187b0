// The conformance suite. Every placement and engine runs it, from a file in test/contract/. Tests of one placement are in
// test/placements/.
import { createHash, createHmac } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import * as zlib from 'node:zlib'
import {
  createHost,
  createProcessor,
  decompress,
  defineContract,
  norm,
  parseContract,
  type Host,
  type HostOptions,
  type Outcome,
} from 'sidelane'
import { afterAll, describe, expect, test, type TestContext } from 'vitest'
import * as z from 'zod'
import { needDaemon } from './support/daemon.ts'
import { canonicalText, comparable, contractOf, zlibTakesDictionaries } from './support/locks.ts'
import { bytesOfEachKind } from './support/payload-kinds.ts'

export interface Skip {
  readonly reason: string
  /** Titles. */
  readonly tests: readonly string[]
}

const order = defineContract({
  name: 'order',
  schema: z.strictObject({
    id: z.string().min(1).max(40),
    email: norm(z.string().regex(/^[^@\s]+@[^@\s]+$/), ['trim', 'lower']),
    lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int().min(1) })).max(50),
    note: z.string().optional(),
  }),
  limits: { maxBytes: 100_000 },
})
const anything = contractOf({}, { name: 'anything', digest: 'none' })

const even = defineContract({
  name: 'even',
  schema: z.strictObject({ n: z.int().refine((n) => n % 2 === 0, 'must be even') }),
  appOnly: ['refine'],
})

const orderValue = (number: number): { id: string; email: string; lines: { sku: string; quantity: number }[] } => ({
  lines: Array.from({ length: 1 + (number % 20) }, (_, i) => ({ sku: `sku-${i}`, quantity: i + 1 })),
  id: `order-${number}`,
  email: ` Buyer${number}@Example.COM `,
})
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const at = (offset: number, line: number, column: number): object => ({ offset, line, column })

/** One payload for each data error, and where its issue is. */
const refused: Readonly<Record<string, { status: number; payload: string | Uint8Array; params?: object }>> = {
  'limit.bytes': {
    status: 413,
    payload: new Uint8Array(100_001).fill(0x20),
    params: { offset: 100_000, limit: 100_000 },
  },
  'parse.bom': { status: 400, payload: Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), params: at(0, 1, 1) },
  'parse.utf8': { status: 400, payload: Uint8Array.of(0x22, 0xff, 0x22), params: at(1, 1, 2) },
  'limit.depth': { status: 400, payload: '['.repeat(65), params: { ...at(64, 1, 65), limit: 64 } },
  'parse.syntax': { status: 400, payload: '{"é":\n}', params: { ...at(7, 2, 1), expected: 'value' } },
  'parse.lone_surrogate': { status: 400, payload: '{"id":"\\ud800"}', params: at(6, 1, 7) },
  'parse.forbidden_key': { status: 400, payload: '{"__proto__":1}', params: at(1, 1, 2) },
  'parse.duplicate_key': { status: 400, payload: '{"id":1,"\\u0069d":2}', params: at(8, 1, 9) },
  'number.range': { status: 400, payload: '{"id":1e400}', params: at(6, 1, 7) },
  'number.unsafe_integer': { status: 400, payload: '{"id":9007199254740993}', params: at(6, 1, 7) },
  'validate.failed': { status: 422, payload: '{"id":7}' },
}

/** `setup` has the placement and the engine only. */
export function describeContract(name: string, setup: HostOptions, skips: readonly Skip[] = []): void {
  describe(name, () => {
    const titles = new Set<string>()
    const check = (title: string, run: (context: TestContext) => Promise<void>): void => {
      titles.add(title)
      test(title, async (context) => {
        const skip = skips.find(({ tests }) => tests.includes(title))
        if (skip !== undefined) context.skip(skip.reason)
        await needEngine(setup, context)
        await run(context)
      })
    }

    const hosts: Host[] = []
    let shared: Promise<Host> | undefined
    const open = async (options: HostOptions = {}): Promise<Host> => {
      const host = await createHost({ ...setup, ...options })
      hosts.push(host)
      return host
    }
    const sharedHost = (): Promise<Host> => (shared ??= open({ deadlineMs: 20_000 }))
    afterAll(() => Promise.all(hosts.map((host) => host.destroy())))

    const inlineJs = createHost({ placement: 'inline', engine: 'js' })

    check('reports its placement and its engine', async () => {
      const host = await sharedHost()
      const processor = host.processor(order)
      expect([host.placement, host.engine.kind]).toEqual([setup.placement, setup.engine])
      expect([processor.placement, processor.engine]).toEqual([setup.placement, host.engine])
      expect(host.engine.reason).not.toBe('')
    })

    check('an accepted payload comes back normalized, canonical, compressed and digested', async () => {
      const outcome = accepted(await (await sharedHost()).processor(order).process(bytesOf(orderValue(1))))
      expect(canonicalText(outcome)).toBe(
        '{"email":"buyer1@example.com","id":"order-1","lines":[{"quantity":1,"sku":"sku-0"},{"quantity":2,"sku":"sku-1"}]}',
      )
      const sizes = { inBytes: bytesOf(orderValue(1)).length, canonicalBytes: canonicalText(outcome).length }
      expect(outcome).toMatchObject({ codec: 'gzip', outBytes: outcome.body.length, ...sizes })
      expect(outcome.digest).toMatch(/^[0-9a-f]{64}$/)
      expect(outcome.body).toBeInstanceOf(Uint8Array)
    })

    check('bytes, text and a value with the same data give the same outcome', async () => {
      const processor = (await sharedHost()).processor(order)
      const value = orderValue(3)
      const [bytes, text, typed] = await Promise.all([
        processor.process(bytesOf(value)),
        processor.process(JSON.stringify(value)),
        processor.process(value),
      ])
      expect(comparable(text)).toEqual(comparable(bytes))
      expect(comparable(typed)).toEqual(comparable(bytes))
    })

    for (const [code, { status, payload, params }] of Object.entries(refused)) {
      check(`a payload is rejected with ${code}`, async () => {
        const outcome = await (await sharedHost()).processor(order).process(payload)
        expect(outcome).toMatchObject({ ok: false, code, status, truncated: false })
        if (params !== undefined) expect(outcome).toMatchObject({ issues: [{ code, params }] })
        expect(outcome).toEqual(await (await inlineJs).processor(order).process(payload))
      })
    }

    check('defaults make a document no larger than maxBytes', async () => {
      const filled = contractOf(
        { type: 'array', items: { type: 'object', properties: { a: { default: 'x'.repeat(1000) } } } },
        { name: 'filled', limits: { maxBytes: 100_000 } },
      )
      const processor = (await sharedHost()).processor(filled)
      const payload = (objects: number): string => `[${Array.from({ length: objects }, () => '{}').join()}]`
      expect(accepted(await processor.process(payload(99))).canonicalBytes).toBe(99 * 1009 + 1)
      const outcome = await processor.process(payload(30_000))
      const issues = [{ code: 'limit.bytes', pointer: '', params: { limit: 100_000 } }]
      expect(outcome).toEqual({ ok: false, code: 'limit.bytes', status: 413, issues, truncated: false })
    })

    check('issues have pointer, keyword and parameters, in order', async () => {
      const outcome = await (await sharedHost()).processor(order).process('{"id":"","lines":[{"sku":1,"x":2}]}')
      expect(outcome).toEqual({
        ok: false,
        code: 'validate.failed',
        status: 422,
        issues: [
          { code: 'validate.failed', pointer: '/email', keyword: 'required', params: {} },
          { code: 'validate.failed', pointer: '/id', keyword: 'minLength', params: { limit: 1 } },
          { code: 'validate.failed', pointer: '/lines/0/quantity', keyword: 'required', params: {} },
          { code: 'validate.failed', pointer: '/lines/0/sku', keyword: 'type', params: { expected: ['string'] } },
          { code: 'validate.failed', pointer: '/lines/0/x', keyword: 'additionalProperties', params: {} },
        ],
        truncated: false,
      })
    })

    check('more than 32 issues are truncated, and `truncated` is true', async () => {
      const lines = Array.from({ length: 40 }, () => 0)
      const outcome = await (await sharedHost()).processor(order).process(bytesOf({ ...orderValue(1), lines }))
      expect(outcome).toMatchObject({ ok: false, truncated: true })
      expect(outcome.ok || outcome.issues.length).toBe(32)
    })

    check('an empty payload is a syntax error', async () => {
      const processor = (await sharedHost()).processor(order)
      for (const payload of ['', new Uint8Array()]) {
        const params = { offset: 0, line: 1, column: 1, expected: 'value' }
        const issues = [{ code: 'parse.syntax', pointer: '', params }]
        expect(await processor.process(payload)).toMatchObject({ code: 'parse.syntax', issues })
      }
    })

    check('a value that JSON cannot represent is rejected with its pointer', async () => {
      const processor = (await sharedHost()).processor(anything)
      expect(await processor.process({ list: [1, Number.NaN] })).toEqual({
        ok: false,
        code: 'value.not_json',
        status: 400,
        issues: [{ code: 'value.not_json', pointer: '/list/1' }],
        truncated: false,
      })
    })

    check('a value is what JSON.stringify makes of it', async () => {
      const processor = (await sharedHost()).processor(anything, { canonical: true })
      const value = {
        at: new Date(0),
        of: runInNewContext('({ n: [1] })'),
        f: () => 1,
        m: { toJSON: () => ({ x: 1 }) },
      }
      const outcome = await processor.process(value)
      expect(outcome.ok && outcome.value()).toEqual({ at: '1970-01-01T00:00:00.000Z', of: { n: [1] }, m: { x: 1 } })
    })

    check('buffers and views of bytes are bytes, other arrays are a mistake of the caller', async () => {
      const processor = (await sharedHost()).processor(anything)
      const text = '{"a":1}'
      const expected = comparable(await processor.process(text))
      for (const payload of bytesOfEachKind(text)) {
        expect(comparable(await processor.process(payload))).toEqual(expected)
      }
      for await (const item of processor.stream(bytesOfEachKind(text))) {
        expect(comparable(item as Outcome)).toEqual(expected)
      }
      const detached = new ArrayBuffer(8)
      const view = new DataView(detached)
      structuredClone(detached, { transfer: [detached] })
      for (const payload of [detached, view, new Float64Array(1)]) {
        await expect(processor.process(payload)).rejects.toMatchObject({ code: 'options.invalid' })
      }
    })

    check('runInApp gives accepted payloads to the zod schema', async () => {
      const processor = (await sharedHost()).processor(even, { runInApp: true })
      const outcomes = await Promise.all(
        ['{"n": 2}', bytesOf({ n: 3 }), { n: 4 }, '{"n":"x"}'].map((one) => processor.process(one as string)),
      )
      expect(outcomes.map((outcome) => (outcome.ok ? outcome.value() : outcome))).toEqual([
        { n: 2 },
        {
          ok: false,
          code: 'app.failed',
          status: 422,
          issues: [{ code: 'app.failed', pointer: '/n', check: 'custom', message: 'must be even' }],
          truncated: false,
        },
        { n: 4 },
        expect.objectContaining({ code: 'validate.failed' }),
      ])
      expect(processor.stats()).toMatchObject({ accepted: 2, rejected: 2, inFlight: 0 })
    })

    check('text with a lone surrogate is rejected, not repaired', async () => {
      const outcome = await (await sharedHost()).processor(anything).process('"\ud800"')
      expect(outcome).toMatchObject({ code: 'parse.lone_surrogate', issues: [{ pointer: '' }] })
    })

    check('hundreds of calls at once each get their own outcome', async () => {
      const processor = (await sharedHost()).processor(order)
      const reference = (await inlineJs).processor(order)
      const payloads = Array.from({ length: 500 }, (_, i) =>
        i % 7 === 0 ? `{"id":${i}}` : i % 3 === 0 ? JSON.stringify(orderValue(i)) : bytesOf(orderValue(i)),
      )
      const outcomes = await Promise.all(payloads.map((payload) => processor.process(payload)))
      const wanted = await Promise.all(payloads.map((payload) => reference.process(payload)))
      expect(outcomes.map(comparable)).toEqual(wanted.map(comparable))
    })

    check('payloads of all sizes can run at the same time', async () => {
      const processor = (await sharedHost()).processor(anything)
      const sizes = [0, 1, 700, 5000, 70_000, 300_000, 1_000_000]
      const payloads = [...sizes, ...sizes].map((size, i) => `"${String.fromCharCode(97 + i).repeat(size)}"`)
      const outcomes = await Promise.all(payloads.map((payload) => processor.process(payload, { canonical: true })))
      expect(outcomes.map((outcome) => canonicalText(outcome))).toEqual(payloads)
      expect(outcomes.map((outcome) => outcome.ok && outcome.value())).toEqual(payloads.map((text) => JSON.parse(text)))
    })

    check('output that is larger than its input arrives complete', async () => {
      const processor = (await sharedHost()).processor(contractOf({}, { name: 'raw', compress: { codec: 'none' } }))
      // Each number grows from 4 to 16 characters.
      const payload = `[${Array.from({ length: 15_000 }, () => '1e15').join()}]`
      const outcomes = await Promise.all([1, 2, 3].map(() => processor.process(payload, { canonical: true })))
      for (const outcome of outcomes) {
        expect(canonicalText(outcome)).toBe(outcome.ok && JSON.stringify(outcome.value()))
        expect(accepted(outcome).outBytes).toBe(15_000 * 17 + 1)
      }
    })

    check('`canonical` adds the bytes and the value, as an option of the call or the processor', async () => {
      const host = await sharedHost()
      const plain = host.processor(order)
      const always = host.processor(order, { canonical: true })
      const value = orderValue(2)
      const asked = await plain.process(value, { canonical: true })
      const own = await always.process(value)
      const overridden = await always.process(value, { canonical: false })
      if (!asked.ok || !own.ok) throw new Error('rejected')
      // Typed: the contract's output.
      const email: string = own.value().email
      expect(email).toBe('buyer2@example.com')
      expect(new TextDecoder().decode(asked.canonical)).toBe(canonicalText(asked))
      expect(asked.value()).toEqual(own.value())
      expect('canonical' in (await plain.process(value))).toBe(false)
      expect('canonical' in overridden).toBe(false)
    })

    check("the caller's bytes are neither detached nor changed", async () => {
      const processor = (await sharedHost()).processor(order)
      const text = JSON.stringify(orderValue(4))
      const whole = Buffer.from(`xxx${text}yyy`)
      const before = Uint8Array.from(whole)
      const payload = whole.subarray(3, 3 + text.length)
      const [a, b] = await Promise.all([processor.process(payload), processor.process(payload)])
      expect(whole.equals(before)).toBe(true)
      expect(payload.length).toBe(text.length)
      expect(a).toEqual(b)
    })

    check('changing the bytes after the call has no effect', async () => {
      const processor = (await sharedHost()).processor(order)
      const payloads = Array.from({ length: 50 }, (_, i) => bytesOf(orderValue(i)))
      const calls = payloads.map((payload) => {
        const call = processor.process(payload, { canonical: true })
        payload.fill(0)
        return call
      })
      const outcomes = await Promise.all(calls)
      expect(outcomes.map((outcome) => outcome.ok && outcome.value().id)).toEqual(payloads.map((_, i) => `order-${i}`))
    })

    check('an outcome shares no memory with other outcomes', async () => {
      const processor = (await sharedHost()).processor(order)
      const [a, b] = await Promise.all([processor.process(orderValue(5)), processor.process(orderValue(5))])
      accepted(a).body.fill(0)
      expect(comparable(b)).toEqual(comparable(await processor.process(orderValue(5))))
    })

    check('shared memory is accepted as bytes', async () => {
      const bytes = bytesOf(orderValue(6))
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
      shared.set(bytes)
      expect((await (await sharedHost()).processor(order).process(shared)).ok).toBe(true)
    })

    check('a Uint8Array of another realm is accepted as bytes', async () => {
      const processor = (await sharedHost()).processor(anything, { canonical: true })
      const foreign = runInNewContext('Uint8Array.from([91, 55, 93])') as Uint8Array
      expect(accepted(await processor.process(foreign)).value()).toEqual([7])
    })

    check('a detached Uint8Array is a mistake of the caller', async () => {
      const processor = (await sharedHost()).processor(anything)
      const bytes = new Uint8Array(new ArrayBuffer(4)).fill(0x31)
      structuredClone(bytes, { transfer: [bytes.buffer] })
      await expect(processor.process(bytes)).rejects.toMatchObject({ code: 'options.invalid' })
    })

    check('a host serves many contracts at the same time', async () => {
      const host = await open()
      const processors = Array.from({ length: 20 }, (_, i) =>
        host.processor(
          contractOf({ type: 'number', minimum: i }, { name: `n-${i}`, digest: i % 2 ? 'none' : 'sha-256' }),
        ),
      )
      const rounds = Array.from({ length: 5 }, () => processors.map((processor) => processor.process('10')))
      const outcomes = await Promise.all(rounds.flat())
      expect(outcomes.map((outcome) => outcome.ok)).toEqual(outcomes.map((_, i) => i % 20 <= 10))
      expect(
        outcomes.flatMap((outcome, i) => (outcome.ok && (outcome.digest === null) !== (i % 2 === 1) ? [i] : [])),
      ).toEqual([])
      expect(host.stats().calls).toBe(100)
      expect(processors.map((processor) => processor.stats().calls)).toEqual(processors.map(() => 5))
    })

    check('the codec and the level of the contract are used', async () => {
      const host = await sharedHost()
      for (const compress of [
        { codec: 'none' },
        { codec: 'deflate', level: 9 },
        { codec: 'deflate-raw' },
        { codec: 'gzip', level: 0 },
      ]) {
        const outcome = await host.processor(contractOf({}, { name: 'codec', compress })).process('{"b":1,"a":[]}')
        expect(accepted(outcome).codec).toBe(compress.codec)
        expect(canonicalText(outcome)).toBe('{"a":[],"b":1}')
      }
    })

    check('an HMAC digest uses the key of its processor', async () => {
      const host = await sharedHost()
      const contract = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
      const keys = ['first key, 16 bytes', 'second key, 16 bytes'].map((key) => Buffer.from(key))
      for (const digestKey of [...keys, ...keys]) {
        const outcome = await host.processor(contract, { digestKey }).process('[1.0]')
        expect(accepted(outcome).digest).toBe(createHmac('sha256', digestKey).update('[1]').digest('hex'))
      }
    })

    check('every codec and level restores the canonical bytes, or is `codec.unavailable`', async () => {
      const host = await sharedHost()
      const levels = { gzip: [0, 9], deflate: [1], 'deflate-raw': [6], brotli: [0, 4, 11], zstd: [1, 19], none: [] }
      for (const codec of ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none'] as const) {
        for (const level of [undefined, ...levels[codec]]) {
          const contract = contractOf({}, { name: 'coded', compress: { codec, ...(level !== undefined && { level }) } })
          if (codec === 'zstd' && setup.engine === 'js' && !('zstdCompressSync' in zlib)) {
            expect(thrownBy(() => host.processor(contract))).toMatchObject({ code: 'codec.unavailable', status: 501 })
            continue
          }
          const outcome = accepted(await host.processor(contract).process('[1.0, "text text text text"]'))
          const content = decompress(outcome.body, codec, { maxBytes: outcome.canonicalBytes })
          expect(Buffer.from(content).toString(), codec).toBe('[1,"text text text text"]')
        }
      }
    })

    check('a dictionary is used by the engine in every placement', async () => {
      const bytes = Buffer.from('[{"customer":"the same words in every payload","quantity":1}]')
      const host = await sharedHost()
      const lock = contractOf({}, { compress: { codec: 'zstd' } }).lock
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const contract = parseContract(
        { ...lock, dictionary: { id: 0, path: 'a.dict', sha256 } },
        { dictionary: new Uint8Array(bytes) },
      )
      if (setup.engine === 'js' && !zlibTakesDictionaries()) {
        expect(thrownBy(() => host.processor(contract))).toMatchObject({ code: 'codec.unavailable' })
        return
      }
      const plain = accepted(await host.processor(parseContract(lock)).process(bytes))
      const outcome = accepted(await host.processor(contract).process(bytes))
      expect(outcome.outBytes).toBeLessThan(plain.outBytes / 2)
      expect(outcome.digest).toBe(plain.digest)
      const options = { maxBytes: outcome.canonicalBytes }
      expect(Buffer.from(decompress(outcome.body, 'zstd', { ...options, dictionary: bytes })).toString()).toBe(
        Buffer.from(decompress(plain.body, 'zstd', options)).toString(),
      )
      expect(thrownBy(() => decompress(outcome.body, 'zstd', options))).toMatchObject({ code: 'codec.corrupt' })
    })

    check('a digest key is copied before creation continues', async () => {
      const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
      const digestKey = new Uint8Array(32).fill(7)
      const wanted = createHmac('sha256', digestKey).update('1').digest('hex')
      const opening = createProcessor(keyed, { ...setup, digestKey })
      digestKey.fill(0)
      await using processor = await opening
      expect(accepted(await processor.process('1')).digest).toBe(wanted)
    })

    check('creation fails when a key or a dictionary is missing', async () => {
      const host = await sharedHost()
      const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
      const dictionary = { id: 0, path: 'a.dict', sha256: '0'.repeat(64) }
      const zstd = contractOf({}, { name: 'zstd', compress: { codec: 'zstd' }, dictionary })
      expect(thrownBy(() => host.processor(keyed))).toMatchObject({ code: 'options.invalid' })
      expect(thrownBy(() => host.processor(keyed, { digestKey: new Uint8Array(15) }))).toMatchObject({
        code: 'options.invalid',
      })
      expect(thrownBy(() => host.processor(zstd))).toMatchObject({ code: 'contract.invalid', pointer: '/dictionary' })
      await expect(createProcessor(zstd, setup)).rejects.toMatchObject({ code: 'contract.invalid' })
    })

    check('an invalid option of a call is a fault that names the expected values', async () => {
      const processor = (await sharedHost()).processor(order)
      for (const deadlineMs of [0, -1, Number.NaN, 60_001, 2 ** 31, Number.POSITIVE_INFINITY]) {
        await expect(processor.process('{}', { deadlineMs })).rejects.toMatchObject({
          code: 'options.invalid',
          message: `Expected \`deadlineMs\` to be a number of milliseconds from 1 to 60000, got \`${deadlineMs}\` (number)`,
        })
      }
      await expect(processor.process('{}', { deadlineMS: 5 } as never)).rejects.toMatchObject({
        code: 'options.invalid',
      })
      await expect(processor.process('{}', { signal: {} as never })).rejects.toMatchObject({ code: 'options.invalid' })
    })

    check('an aborted signal cancels at once, with its reason', async () => {
      const processor = (await sharedHost()).processor(order)
      const reason = new Error('the client went away')
      const call = processor.process(orderValue(1), { signal: AbortSignal.abort(reason) })
      await expect(call).rejects.toMatchObject({ code: 'cancelled', status: 499, cause: reason })
    })

    check('a broken signal fails only its own call', async () => {
      const host = await open()
      const broken = {
        aborted: false,
        addEventListener: () => {
          throw new Error('a broken polyfill')
        },
        removeEventListener: () => {},
      }
      for (const fake of [broken, { aborted: false, addEventListener: 1 }, new EventTarget()]) {
        const call = host.processor(order).process(orderValue(1), { signal: fake as unknown as AbortSignal })
        await expect(call).rejects.toMatchObject({ name: 'SidelaneError' })
      }
      expect(host.stats().inFlight).toBe(0)
      await host.close()
    })

    check('a signal that never fires changes nothing', async () => {
      const processor = (await sharedHost()).processor(order)
      const { signal } = new AbortController()
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, i) => processor.process(orderValue(i), { signal })),
      )
      expect(outcomes.every((outcome) => outcome.ok)).toBe(true)
    })

    check('a signal that fires after the call has no effect', async () => {
      const processor = (await sharedHost()).processor(order)
      const controller = new AbortController()
      const outcome = await processor.process(orderValue(1), { signal: controller.signal })
      controller.abort()
      expect(outcome.ok).toBe(true)
    })

    check('a stream yields outcomes in the order of its source', async () => {
      const processor = (await sharedHost()).processor(order)
      const payloads = Array.from({ length: 500 }, (_, i) =>
        i % 7 === 0 ? `{"id":${i}}` : i % 3 === 0 ? orderValue(i) : bytesOf(orderValue(i)),
      )
      const wanted = await Promise.all(payloads.map((payload) => processor.process(payload)))
      const arrivals = async function* (): AsyncGenerator<(typeof payloads)[number]> {
        for (const [i, payload] of payloads.entries()) {
          if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
          yield payload
        }
      }
      for (const source of [payloads, arrivals()]) {
        const outcomes = await collect(processor.stream(source))
        expect(outcomes.map((outcome) => comparable(outcome as Outcome))).toEqual(wanted.map(comparable))
      }
    })

    check('a stream reads at most `concurrency` payloads ahead, and leaving it closes the source', async () => {
      const processor = (await sharedHost()).processor(order)
      let read = 0
      let closed = 0
      const source = function* (): Generator<Uint8Array> {
        try {
          for (;;) yield bytesOf(orderValue(read++))
        } finally {
          closed++
        }
      }
      let taken = 0
      for await (const item of processor.stream(source(), { concurrency: 5 })) {
        expect(item.ok).toBe(true)
        expect(read).toBeLessThanOrEqual(++taken + 5)
        if (taken === 40) break
      }
      expect(closed).toBe(1)
      expect(processor.stats().inFlight).toBe(0)
    })

    check('an error of the source is thrown after the items before it', async () => {
      const processor = (await sharedHost()).processor(anything)
      const broken = new Error('the file ends here')
      const source = async function* (): AsyncGenerator<string> {
        yield '1'
        yield '2'
        throw broken
      }
      const stream = processor.stream(source())
      expect((await stream.next()).value).toMatchObject({ ok: true })
      expect((await stream.next()).value).toMatchObject({ ok: true })
      await expect(stream.next()).rejects.toBe(broken)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
    })

    check('the signal of a stream ends it, and closes the source', async () => {
      const processor = (await sharedHost()).processor(anything)
      const controller = new AbortController()
      let closed = false
      const source = function* (): Generator<string> {
        try {
          for (;;) yield '1'
        } finally {
          closed = true
        }
      }
      const stream = processor.stream(source(), { signal: controller.signal })
      expect((await stream.next()).value).toMatchObject({ ok: true })
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled', cause: reason })
      expect(closed).toBe(true)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
      const late = processor.stream(['1'], { signal: controller.signal })
      await expect(late.next()).rejects.toMatchObject({ code: 'cancelled', cause: reason })
    })

    check('when its processor closes, a stream yields the payloads it has read, then rejects', async () => {
      const host = await open()
      const processor = host.processor(anything)
      let read = 0
      const source = function* (): Generator<string> {
        for (;;) yield String(read++)
      }
      const stream = processor.stream(source(), { concurrency: 4 })
      await stream.next()
      const before = read
      await processor.close()
      let taken = 1
      const drain = async (): Promise<void> => {
        for await (const item of stream) taken += item.ok ? 1 : 0
      }
      await expect(drain()).rejects.toMatchObject({ code: 'unavailable' })
      expect([taken, read]).toEqual([before, before])
      expect(() => processor.stream(7 as never)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
      await expect(processor.stream(['1']).next()).rejects.toMatchObject({ code: 'unavailable' })
    })

    check('an invalid option of a stream is a fault', async () => {
      const processor = (await sharedHost()).processor(anything)
      for (const options of [{ concurrency: 0 }, { concurrency: 1.5 }, { deadlineMs: 0 }, { depth: 1 }]) {
        expect(thrownBy(() => processor.stream([], options as never))).toMatchObject({ code: 'options.invalid' })
      }
      for (const source of ['[1]', new Uint8Array(2), null, {}, 1]) {
        expect(thrownBy(() => processor.stream(source as never))).toMatchObject({ code: 'options.invalid' })
      }
    })

    check('with a cache, a repeated payload gives the same outcome without a run', async () => {
      const host = await open({ cache: {} })
      const processor = host.processor(order)
      const payloads = [bytesOf(orderValue(1)), bytesOf(orderValue(2)), '{"id":7}']
      const first = await Promise.all([...payloads, ...payloads].map((payload) => processor.process(payload)))
      const again = await Promise.all(payloads.map((payload) => processor.process(payload)))
      expect(first.slice(3).map(comparable)).toEqual(first.slice(0, 3).map(comparable))
      expect(again.map(comparable)).toEqual(first.slice(0, 3).map(comparable))
      expect(processor.stats().cache).toMatchObject({ hits: 6, misses: 3, hitRatio: 2 / 3, entries: 3 })
      expect(host.stats().cache).toEqual(processor.stats().cache)
    })

    check('close finishes accepted calls and refuses later ones', async () => {
      const host = await open()
      const processor = host.processor(order)
      const calls = Array.from({ length: 100 }, (_, i) => processor.process(orderValue(i)))
      const closed = host.close()
      expect(host.state).not.toBe('ready')
      const late = processor.process(orderValue(1))
      await expect(late).rejects.toMatchObject({ code: 'unavailable', status: 503, retryable: true })
      expect((await Promise.all(calls)).every((outcome) => outcome.ok)).toBe(true)
      await closed
      expect([host.state, processor.state]).toEqual(['closed', 'closed'])
      await host.close()
      await expect(processor.process(orderValue(1))).rejects.toMatchObject({ code: 'unavailable' })
      expect(thrownBy(() => host.processor(order))).toMatchObject({ code: 'unavailable' })
    })

    check('destroy fails the calls in flight', async () => {
      const host = await open()
      const processor = host.processor(order)
      const calls = Array.from({ length: 100 }, (_, i) => processor.process(orderValue(i)))
      const settled = Promise.allSettled(calls)
      const cause = new Error('shutting down')
      await host.destroy(cause)
      for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'unavailable', cause } })
      expect(host.state).toBe('closed')
      expect(host.stats()).toMatchObject({ calls: 100, failed: 100, inFlight: 0, queued: 0, queuedBytes: 0 })
    })

    check('after destroy every call is refused', async () => {
      const host = await open()
      const processor = host.processor(order)
      await host.destroy()
      await expect(processor.process(orderValue(1))).rejects.toMatchObject({ code: 'unavailable' })
      await host.close()
      expect(host.state).toBe('closed')
    })

    check('a processor closes without its host', async () => {
      const host = await sharedHost()
      const first = host.processor(order)
      const second = host.processor(order)
      const call = first.process(orderValue(1))
      await first.close()
      expect((await call).ok).toBe(true)
      expect([first.state, second.state, host.state]).toEqual(['closed', 'ready', 'ready'])
      await expect(first.process(orderValue(1))).rejects.toMatchObject({ code: 'unavailable' })
      expect((await second.process(orderValue(1))).ok).toBe(true)
    })

    check('`await using` closes a processor of createProcessor, and its host', async () => {
      let escaped
      {
        await using processor = await createProcessor(order, { ...setup, canonical: true })
        escaped = processor
        const outcome = await processor.process(orderValue(1))
        expect(outcome.ok && outcome.value().id).toBe('order-1')
      }
      expect(escaped.state).toBe('closed')
      await expect(escaped.process(orderValue(1))).rejects.toMatchObject({ code: 'unavailable' })
    })

    check('the counters add up', async () => {
      const host = await open()
      const processor = host.processor(order)
      const calls = [
        processor.process(orderValue(1)),
        processor.process('{}'),
        processor.process('nonsense'),
        processor.process(orderValue(2), { signal: AbortSignal.abort() }),
      ]
      await Promise.allSettled(calls)
      await host.close()
      await processor.process(orderValue(3)).catch(() => {})
      const wanted = {
        calls: 5,
        accepted: 1,
        rejected: 2,
        cancelled: 1,
        failed: 1,
        shed: 0,
        deadlineExceeded: 0,
        inFlight: 0,
      }
      expect(host.stats()).toMatchObject(wanted)
      expect(processor.stats()).toMatchObject(wanted)
    })

    for (const title of skips.flatMap(({ tests }) => tests)) {
      if (!titles.has(title)) throw new Error(`A skip names a test that does not exist: ${title}`)
    }
  })
}

const accepted = <T extends Outcome>(outcome: T): Extract<T, { ok: true }> => {
  if (outcome.ok) return outcome as Extract<T, { ok: true }>
  throw new Error(`rejected: ${JSON.stringify(outcome)}`)
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

let nativeFault: Promise<unknown> | undefined

/** Skips the test when the native engine is not built; when it is required, the test continues and fails with the reason. */
async function needEngine(setup: HostOptions, context: TestContext): Promise<void> {
  if (typeof setup.launch === 'object' && setup.launch.daemon === 'sidelaned') needDaemon('sidelaned', context)
  if (setup.engine !== 'native' || process.env['SIDELANE_REQUIRE_NATIVE'] === '1') return
  nativeFault ??= createHost({ placement: 'inline', engine: 'native' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  if ((await nativeFault) !== undefined) context.skip('the native engine is not built (npm run build:native)')
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
