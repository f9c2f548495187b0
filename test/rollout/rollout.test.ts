// A rollout as its app sees it: sides, canary, deadline, fallback, accounting.
import { runInNewContext } from 'node:vm'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  createProcessor,
  createRollout,
  SidelaneError,
  type Accepted,
  type AppFunction,
  type Processor,
  type Stats,
} from '../../src/index.ts'
import { contractOf } from '../support/locks.ts'
import { bytesOfEachKind } from '../support/payload-kinds.ts'
import { inline, named, oldCode, open, order, payloadOf, until } from './rollout-kit.ts'

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: SidelaneError) => error.code,
  )

/** Every call has one end. */
function expectAccounted(stats: Stats): void {
  const { calls, accepted, rejected, shed, deadlineExceeded, cancelled, failed, inFlight } = stats
  expect(accepted + rejected + shed + deadlineExceeded + cancelled + failed + inFlight).toBe(calls)
}

/** An object made of these bytes in a realm of its own. */
const elsewhere = (bytes: Uint8Array, code: string): ArrayBuffer | ArrayBufferView =>
  runInNewContext(`const bytes = Uint8Array.from(list); ${code}`, { list: [...bytes] }) as ArrayBuffer

/** What the app itself wrote around a processor. */
const foreign = (processor: Processor, answer: () => unknown): Processor => ({
  contract: processor.contract,
  placement: processor.placement,
  engine: processor.engine,
  state: 'ready',
  process: answer as Processor['process'],
  stream: (source, options) => processor.stream(source, options),
  stats: () => processor.stats(),
  close: () => processor.close(),
  destroy: () => processor.destroy(),
  [Symbol.asyncDispose]: () => processor.close(),
})

describe('sides', () => {
  test('the call site stays, and the outcome says who answered', async () => {
    const { rollout } = await open({ percent: 0 })
    const before = await rollout.process(payloadOf(1))
    expect(before).toMatchObject({ ok: true, codec: 'gzip', digest: null, inBytes: 20 })
    expect(before.via).toEqual({ placement: 'inline', engine: 'app', side: 'baseline' })
    await rollout.set(100)
    const after = await rollout.process(payloadOf(1))
    expect(after).toMatchObject({ ok: true, codec: 'gzip', inBytes: 20, canonicalBytes: 20 })
    expect(after.via).toEqual({ placement: 'inline', engine: 'js', side: 'candidate' })
    expect(Object.keys(after)).not.toContain('via')
  })

  test('issues of zod become issues of the app', async () => {
    const { rollout } = await open({})
    expect(await rollout.process('{"id":1}')).toEqual({
      ok: false,
      code: 'app.failed',
      status: 422,
      issues: [{ code: 'app.failed', pointer: '/id', check: 'invalid_type', message: 'Expected string' }],
      truncated: false,
    })
    expect(await rollout.process('{')).toMatchObject({ ok: false, code: 'parse.syntax', status: 400, issues: [] })
  })

  test('canonical: true decompresses what a function returns', async () => {
    const { rollout } = await open({ canonical: true })
    const outcome = await rollout.process(payloadOf(7))
    expect((outcome as unknown as { value(): unknown }).value()).toEqual({ id: '7', total: 1 })
  })

  test.each<[string, AppFunction, string, string]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      'threw',
      'threw an error.',
    ],
    ['rejects', () => Promise.reject(new Error('secret')), 'threw', 'rejected.'],
    ['returns nothing', () => undefined, 'result', 'returned undefined, not an outcome { ok, … }.'],
    ['returns text', (() => 'ok') as never, 'result', 'returned string, not an outcome { ok, … }.'],
    ['has no ok', (() => ({})) as never, 'result', 'returned an object whose `ok` is undefined, not true or false.'],
    [
      'has a text as its body',
      (() => ({ ok: true, body: 'x' })) as never,
      'result',
      'returned a `body` that is string, not a Uint8Array.',
    ],
    [
      'has an unknown codec',
      (() => ({ ok: true, body: Buffer.alloc(0), codec: 'lz4' })) as never,
      'result',
      'returned an unknown `codec`.',
    ],
    [
      'has an unknown code',
      () => ({ ok: false, code: 'nope' }),
      'result',
      'returned a `code` that no rejected outcome has.',
    ],
  ])('a function that %s is a typed fault that names its side', async (_, baseline, failure, message) => {
    const { rollout } = await open({ baseline })
    const error = await rollout.process('1').then(
      () => undefined,
      (thrown: SidelaneError) => thrown,
    )
    expect(error).toBeInstanceOf(SidelaneError)
    expect(error).toMatchObject({
      code: 'app.threw',
      status: 500,
      params: { side: 'baseline', failure },
      message: `The function of the baseline ${message}`,
    })
    expect(rollout.stats()).toMatchObject({ calls: 1, failed: 1 })
  })

  test('a function that never settles ends at the deadline, and its signal is aborted', async () => {
    let signal: AbortSignal | undefined
    const baseline: AppFunction = (_, call) => {
      signal = call.signal
      expect(call.deadlineMs).toBeLessThanOrEqual(40)
      return new Promise(() => {})
    }
    const { rollout } = await open({ baseline })
    await expect(rollout.process('1', { deadlineMs: 40 })).rejects.toMatchObject({
      code: 'deadline.exceeded',
      params: { where: 'run' },
    })
    expect(signal?.aborted).toBe(true)
    expect(rollout.stats()).toMatchObject({ calls: 1, deadlineExceeded: 1, inFlight: 0 })
  })

  test('an AbortSignal cancels both kinds of sides', async () => {
    const { rollout } = await open({ baseline: () => new Promise(() => {}) })
    const controller = new AbortController()
    const call = codeOf(rollout.process('1', { signal: controller.signal }))
    controller.abort()
    expect(await call).toBe('cancelled')
    expect(rollout.stats()).toMatchObject({ cancelled: 1, inFlight: 0 })
  })

  test('it refuses a side of another contract, and options that are none', async () => {
    const other = await createProcessor(contractOf({ type: 'string' }, { name: 'order' }))
    await expect(
      createRollout({ contract: order, baseline: oldCode, candidate: other as never }),
    ).rejects.toMatchObject({
      code: 'contract.mismatch',
      params: { side: 'candidate' },
    })
    await other.close()
    const bad = (options: object): Promise<unknown> =>
      createRollout({ contract: order, baseline: oldCode, candidate: oldCode, ...options })
    for (const [options, message] of [
      [{ percent: 101 }, 'Expected `percent` to be a number from 0 to 100, got `101` (number)'],
      [{ steps: [5, 1] }, 'Expected `steps` to be ascending numbers above 0, up to 100, got an object (array)'],
      [{ advance: {} }, 'Expected `every` to be a number of milliseconds from 1 to 86400000'],
      [
        { guards: { errorRate: -1 } },
        'Expected `errorRate` to be a number from 0, an object or false, got `-1` (number)',
      ],
      [{ baseline: 1 }, 'Expected `baseline` to be a processor or a function, got `1` (number)'],
      [
        { fallback: { to: 'baseline', maxQueue: 1 } },
        'Expected `maxQueue` to be absent with a fallback to "baseline": the baseline has bounds of its own',
      ],
      [
        { fallback: { to: 'baseline', maxQueueMs: 1 } },
        'Expected `maxQueueMs` to be absent with a fallback to "baseline": it bounds the wait for "inline"',
      ],
      [
        { fallback: { to: 'skip', maxQueue: 1 } },
        'Expected `maxQueue` to be absent with a fallback to "skip": no call waits for it',
      ],
      [
        { fallback: { to: () => undefined, maxQueueMs: 1 } },
        'Expected `maxQueueMs` to be absent with a fallback to a function: it bounds the wait for "inline"',
      ],
      [
        { fallback: 'outline' },
        'Expected `fallback` to be "baseline", "inline", "skip", a function, an object or false, got `outline` (string)',
      ],
    ] as const) {
      await expect(bad(options)).rejects.toMatchObject({ code: 'options.invalid', message })
    }
  })

  test('a call that its own payload ends reaches no function, and ends on a processor too', async () => {
    for (const percent of [0, 50, 100]) {
      let calls = 0
      const candidate = await createProcessor(order, { engine: 'js', placement: 'pool', threads: 1 })
      const baseline: AppFunction = (payload, call) => {
        calls++
        return oldCode(payload, call)
      }
      const { rollout } = await open({ candidate, baseline, percent })
      const controller = new AbortController()
      const payload = {
        get id(): number {
          controller.abort()
          return 1
        },
      }
      expect(await codeOf(rollout.process(payload, { signal: controller.signal }))).toBe('cancelled')
      expect(rollout.stats()).toMatchObject({ calls: 1, cancelled: 1, inFlight: 0 })
      expect(candidate.stats()).toMatchObject({ accepted: 0, inFlight: 0, queued: 0 })
      expect(calls).toBe(percent === 0 ? 1 : 0)
    }
  })

  test('closing it closes its processors', async () => {
    const candidate = await inline()
    const { rollout } = await open({ candidate })
    await rollout.close()
    expect([rollout.state, candidate.state]).toEqual(['closed', 'closed'])
    expect(await codeOf(rollout.process('1'))).toBe('unavailable')
  })

  test.each<[string, () => unknown]>([
    ['resolves with nothing', () => Promise.resolve()],
    ['resolves with null', () => Promise.resolve(null)],
    ['resolves with no outcome', () => Promise.resolve({ ok: 'yes' })],
    [
      'throws before it returns a promise',
      () => {
        throw new SidelaneError('app.threw')
      },
    ],
  ])('a processor of the app that %s fails its call, and the fallback answers', async (_, answer) => {
    const candidate = foreign(await inline(), answer)
    const { rollout } = await open({ candidate, percent: 100 })
    expect(await codeOf(rollout.process(payloadOf(1)))).toBe('app.threw')
    expect(rollout.stats()).toMatchObject({ failed: 1, inFlight: 0 })
    const saved = await open({ candidate, percent: 100, fallback: { to: 'baseline', exercise: 0 } })
    expect((await saved.rollout.process(payloadOf(1))).via).toMatchObject({ side: 'baseline', fallback: 'app.threw' })
    // A throw out of a shadow run would end the process.
    const shadowed = await open({ candidate, shadow: 100 })
    expect(await shadowed.rollout.process(payloadOf(1))).toMatchObject({ ok: true })
    await until('the shadow has ended', () => shadowed.rollout.stats().rollout?.shadow?.failed === 1)
  })

  test('a processor of the app may resolve with an outcome that is frozen, and its own', async () => {
    const own = await (await inline()).process(payloadOf(1))
    const candidate = foreign(await inline(), () => Promise.resolve(Object.freeze(own)))
    const { rollout } = await open({ candidate, percent: 100 })
    for (let i = 0; i < 2; i++) {
      const outcome = await rollout.process(payloadOf(1), { deadlineMs: 20_000 })
      expect(outcome).toEqual(own)
      expect(outcome.via).toEqual({ placement: 'inline', engine: 'js', side: 'candidate' })
    }
    expect(own.via.side).toBeUndefined()
    await rollout.close()
  })

  test('a stream keeps its order across both sides', async () => {
    const slow: AppFunction = async (payload) => {
      await sleep(1)
      return oldCode(payload, undefined as never)
    }
    const { rollout } = await open({ baseline: slow, percent: 50 })
    const ids: string[] = []
    const source = Array.from({ length: 200 }, (_, i) => payloadOf(i))
    for await (const item of rollout.stream(source, { canonical: true })) {
      if (!item.ok) throw new Error(item.code)
      ids.push((item.value() as { id: string }).id)
    }
    expect(ids).toEqual(source.map((_, i) => String(i)))
    const { baseline, candidate } = rollout.stats().rollout ?? {}
    expect(baseline?.accepted).toBeGreaterThan(50)
    expect(candidate?.accepted).toBeGreaterThan(50)
  })
})

describe('canary', () => {
  test('F34: a key that is with the candidate stays there while the percent grows, and nothing is lost', async () => {
    const { rollout } = await open({
      baseline: named('old'),
      candidate: named('new'),
      key: (payload) => String(payload),
    })
    const sideOf = async (key: number): Promise<string | undefined> => (await rollout.process(`user ${key}`)).via.side
    let before = new Set<number>()
    for (const percent of [0, 0.5, 1, 5, 25, 50, 99.9, 100]) {
      await rollout.set(percent)
      const now = new Set<number>()
      for (let key = 0; key < 2000; key++) if ((await sideOf(key)) === 'candidate') now.add(key)
      expect([...before].filter((key) => !now.has(key))).toEqual([])
      // Four standard deviations of a binomial distribution.
      const expected = 20 * percent
      expect(Math.abs(now.size - expected)).toBeLessThanOrEqual(4 * Math.sqrt(2000 * 0.25) * Math.min(1, percent / 5))
      before = now
    }
    expect(before.size).toBe(2000)
    expectAccounted(rollout.stats())
    expect(rollout.stats()).toMatchObject({ calls: 16_000, accepted: 16_000 })
  })

  test('bytes, their text and a value that is written the same have one key', async () => {
    const { rollout } = await open({ baseline: named('old'), candidate: named('new'), percent: 50 })
    const seen = new Set<string | undefined>()
    for (let i = 0; i < 200; i++) {
      const value = { id: `ключ ${i} ${'x'.repeat(i * 7)}`, ascii: i }
      const text = JSON.stringify(value)
      const sides = [value, text, ...bytesOfEachKind(text)].map(
        async (payload) => (await rollout.process(payload)).via.side,
      )
      expect(new Set(await Promise.all(sides)).size).toBe(1)
      seen.add(await sides[0])
    }
    expect(seen).toEqual(new Set(['baseline', 'candidate']))
  })

  test('a value without a JSON form, which old code may accept, stays with the baseline', async () => {
    const baseline: AppFunction = () => ({ ok: true, body: new Uint8Array(1) })
    const { rollout, events } = await open({ baseline, percent: 1 })
    for (let total = 0n; total < 20n; total++) {
      const { ok, via } = await rollout.process({ id: 'a', total })
      expect([ok, via.side]).toEqual([true, 'baseline'])
    }
    expect(events).toEqual([{ contract: 'order', type: 'key', problem: 'TypeError' }])
    expect(rollout.stats().rollout?.keyFailures).toBe(20)
  })

  test('a key that fails sends the call to the baseline, and is told once', async () => {
    const key = (): string => {
      throw new TypeError('secret')
    }
    const { rollout, events } = await open({ percent: 50, key })
    for (let i = 0; i < 3; i++) expect((await rollout.process(payloadOf(i))).via.side).toBe('baseline')
    expect(events).toEqual([{ contract: 'order', type: 'key', problem: 'TypeError' }])
    expect(rollout.stats().rollout?.keyFailures).toBe(3)
  })
})

describe('fallback', () => {
  const dead: AppFunction = () => Promise.reject(new Error('down'))

  test('the old path answers for a candidate that fails; the breaker opens; the outcome says why', async () => {
    const { rollout, events } = await open({
      candidate: dead,
      percent: 100,
      fallback: { to: 'baseline', exercise: 0 },
      breaker: true,
    })
    const causes: (string | undefined)[] = []
    for (let i = 0; i < 25; i++) {
      const outcome = await rollout.process(payloadOf(i))
      expect(outcome).toMatchObject({ ok: true })
      expect(outcome.via).toMatchObject({ placement: 'inline', engine: 'app', side: 'baseline' })
      causes.push(outcome.via.fallback)
    }
    expect(causes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'app.threw'))
    expect(causes.slice(20)).toEqual(Array.from({ length: 5 }, () => 'breaker.open'))
    expect(events).toContainEqual({
      contract: 'order',
      type: 'breaker',
      state: 'open',
      reason: '20 of 20 calls failed',
    })
    expect(rollout.stats()).toMatchObject({
      accepted: 25,
      failed: 0,
      fallback: { answered: { 'app.threw': 20, 'breaker.open': 5 }, failed: 0 },
      breaker: { state: 'open', opened: 1, refused: 5 },
    })
  })

  test('at 100 % a part of the calls takes the old path, so that it is known to work', async () => {
    const { rollout } = await open({
      candidate: named('new'),
      percent: 100,
      fallback: { to: 'baseline', exercise: 20 },
    })
    for (let i = 0; i < 300; i++) await rollout.process(payloadOf(i))
    const exercised = rollout.stats().fallback?.answered.exercise ?? 0
    expect(exercised).toBeGreaterThan(15)
    expect(exercised).toBeLessThan(150)
    expect(rollout.stats().rollout?.baseline.calls).toBe(exercised)
  })

  test('skip accepts the payload as it is', async () => {
    const { rollout } = await open({ candidate: dead, percent: 100, fallback: 'skip' })
    const outcome = await rollout.process('{"id" : 1}')
    expect(outcome).toMatchObject({ ok: true, codec: 'none', digest: null, inBytes: 10, outBytes: 10 })
    expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe('{"id" : 1}')
    expect(outcome.via).toEqual({ placement: 'none', engine: 'none', fallback: 'app.threw' })
  })

  test('inline is refused for a contract whose digest needs a key, and the baseline is not', async () => {
    const contract = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
    const sides = { contract, baseline: oldCode, candidate: oldCode, log: false } as const
    await expect(createRollout({ ...sides, fallback: 'inline' })).rejects.toMatchObject({ code: 'options.invalid' })
    await (await createRollout({ ...sides, fallback: 'baseline' })).close()
  })

  test('a function that takes the payload elsewhere may return nothing', async () => {
    const queue: unknown[] = []
    const { rollout } = await open({
      candidate: dead,
      percent: 100,
      fallback: (payload, { cause }) => void queue.push([payload, cause]),
    })
    const outcome = await rollout.process(payloadOf(1))
    expect(outcome).toMatchObject({ ok: true, codec: 'none' })
    expect(outcome.via).toMatchObject({ placement: 'none', fallback: 'app.threw' })
    const value = { id: 'a' }
    await rollout.process(value)
    expect(queue).toEqual([
      [payloadOf(1), 'app.threw'],
      [value, 'app.threw'],
    ])
  })

  test('bytes that the caller changes after the call are not what the fallback gets', async () => {
    const late: AppFunction = async () => {
      await sleep(5)
      throw new Error('down')
    }
    const { rollout } = await open({ candidate: late, percent: 100, fallback: 'baseline', canonical: true })
    const bytes = Buffer.from(payloadOf('kept'))
    const call = rollout.process(bytes)
    bytes.fill(32)
    expect(((await call) as unknown as { value(): unknown }).value()).toEqual({ id: 'kept', total: 1 })
  })

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => ArrayBuffer | SharedArrayBuffer | ArrayBufferView]>([
    ['an ArrayBuffer', ({ buffer }) => buffer],
    [
      'a SharedArrayBuffer',
      (bytes) => {
        const shared = new SharedArrayBuffer(bytes.length)
        new Uint8Array(shared).set(bytes)
        return shared
      },
    ],
    ['a DataView', ({ buffer }) => new DataView(buffer)],
    ['an Int8Array', ({ buffer }) => new Int8Array(buffer)],
    ['a Uint8ClampedArray', ({ buffer }) => new Uint8ClampedArray(buffer)],
    ['an ArrayBuffer of another realm', (bytes) => elsewhere(bytes, 'bytes.buffer')],
    ['a DataView of another realm', (bytes) => elsewhere(bytes, 'new DataView(bytes.buffer)')],
  ])('%s that the caller reuses is not what the fallback and the shadow get, and keeps its type', async (_, make) => {
    const tagOf = (payload: unknown): string => Object.prototype.toString.call(payload)
    const tags: string[] = []
    const late: AppFunction = async (payload) => {
      tags.push(tagOf(payload))
      await sleep(5)
      throw new Error('down')
    }
    const engine = await inline()
    const old: AppFunction = (payload) => {
      tags.push(tagOf(payload))
      return engine.process(payload)
    }
    const { rollout } = await open({ baseline: old, candidate: late, percent: 100, fallback: 'baseline' })
    const shadowed = await open({ baseline: old, candidate: old, shadow: 100 })
    const payload = make(Uint8Array.from(Buffer.from(payloadOf('kept'))))
    const calls = [rollout.process(payload), shadowed.rollout.process(payload)]
    new Uint8Array(ArrayBuffer.isView(payload) ? payload.buffer : payload).fill(32)
    const { digest } = (await engine.process(payloadOf('kept'))) as Accepted
    for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ ok: true, digest })
    await until('the shadow has ended', () => shadowed.rollout.stats().rollout?.shadow?.inFlight === 0)
    expect(shadowed.rollout.stats().rollout?.shadow).toMatchObject({ matched: 1, bytes: 0 })
    expect(new Set(tags)).toEqual(new Set([tagOf(payload)]))
  })

  test('a Buffer stays a Buffer for old code, also behind a shadow and in a fallback', async () => {
    const seen: boolean[] = []
    const old: AppFunction = (payload) => {
      seen.push(Buffer.isBuffer(payload))
      return { ok: true, body: Buffer.from(String(payload)) }
    }
    const late: AppFunction = async () => {
      await sleep(5)
      throw new Error('down')
    }
    const { rollout } = await open({ baseline: old, candidate: late, percent: 0, shadow: 100, fallback: 'baseline' })
    for (const percent of [0, 100]) {
      await rollout.set(percent)
      const outcome = await rollout.process(Buffer.from(payloadOf(1)))
      expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe(payloadOf(1))
    }
    expect(seen).toEqual([true, true])
  })
})

test('every call has one end, whatever its side does', async () => {
  let n = 0
  const moody: AppFunction = (payload) => {
    switch (n++ % 5) {
      case 0:
        throw new Error('no')
      case 1:
        return Promise.reject(new SidelaneError('overloaded'))
      case 2:
        return new Promise(() => {})
      case 3:
        return { ok: false }
      default:
        return oldCode(payload, undefined as never)
    }
  }
  const { rollout } = await open({ baseline: moody, candidate: moody, percent: 50 })
  const calls = Array.from({ length: 500 }, (_, i) => {
    const controller = new AbortController()
    if (i % 7 === 0) setTimeout(() => controller.abort(), 1)
    return codeOf(rollout.process(payloadOf(i), { deadlineMs: 50, signal: controller.signal }))
  })
  await Promise.all(calls)
  await until('nothing is in flight', () => rollout.stats().inFlight === 0)
  expectAccounted(rollout.stats())
  const { baseline, candidate } = rollout.stats().rollout ?? {}
  for (const side of [baseline, candidate]) {
    const { calls: all = 0, accepted = 0, rejected = 0, errors = 0, deadlineExceeded = 0, cancelled = 0 } = side ?? {}
    expect(accepted + rejected + errors + deadlineExceeded + cancelled).toBe(all)
  }
})
