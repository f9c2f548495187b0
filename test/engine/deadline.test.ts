// The end of a payload by its time limit, in every stage that can take long, and what it leaves behind. The Rust core has the
// same test: native/core/tests/interrupt.rs.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEngine } from '../../src/engine/index.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { engineKinds, needEngine } from '../support/need.ts'
import { withoutPeriod } from '../support/without-period.ts'

const none = { compress: { codec: 'none' }, limits: { maxBytes: 4 * 1024 * 1024 } }
const list = (item: string, count: number): string => `[${Array.from({ length: count }, () => item).join(',')}]`

const cases: readonly (readonly [what: string, schema: object, payload: string])[] = [
  ['many small values', {}, list('[1]', 50_000)],
  ['a list of scalars', { type: 'array', items: { type: 'integer' } }, list('1', 100_000)],
  ['a hard pattern', { type: 'string', pattern: '[ab]*a[ab]{900}c', maxLength: 250_000 }, `"${withoutPeriod(6000)}"`],
  [
    'unions',
    { type: 'array', items: { anyOf: [{ type: 'string', minLength: 9 }, { type: 'string' }] } },
    list('"x"', 50_000),
  ],
  ['issues', { type: 'array', items: { type: 'string' } }, `[${'"x",'.repeat(100_000)}1]`],
  ['a syntax error at the end', {}, `${list('1', 50_000)}x`],
  ['members out of order', {}, list('{"b":1,"a":2}', 20_000)],
]

afterEach(() => void vi.restoreAllMocks())

/** Looks at the clock pass until the given one: from then on the time is over. */
function clockUntil(look: number): () => number {
  let looks = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (looks++ < look ? 0 : 1000))
  return () => looks
}

describe('js', () => {
  const limit = { startedAt: 0, endsAt: 500, looksAhead: false }

  test.for(cases)('%s: every look at the clock can end the payload', ([, schema, text]) => {
    const compiled = createEngine('js').compile(contractOf(schema, none))
    const payload = Buffer.from(text)
    const expected = comparable(compiled.process(payload, true))
    const looks = clockUntil(Number.POSITIVE_INFINITY)
    expect(comparable(compiled.process(payload, true, limit))).toEqual(expected)
    const total = looks()
    expect(total).toBeGreaterThan(2)
    for (let look = 0; look < total; look += Math.ceil(total / 15)) {
      clockUntil(look)
      expect(() => compiled.process(payload, true, limit), `after ${look} of ${total}`).toThrow(
        expect.objectContaining({ code: 'deadline.exceeded', params: { where: 'run' } }),
      )
    }
    // Without a limit no clock is read, also after an end.
    const unlimited = clockUntil(0)
    expect(comparable(compiled.process(payload, true))).toEqual(expected)
    expect(unlimited()).toBe(0)
  })

  test('a small payload does not look at the clock', () => {
    const compiled = createEngine('js').compile(contractOf({ type: 'object' }))
    const looks = clockUntil(0)
    expect(compiled.process(Buffer.from('{"a":"some text","b":[1,2,3]}'), false, limit).ok).toBe(true)
    expect(looks()).toBe(0)
  })

  test('a step that takes longer than the rest of the time is not begun when the limit looks ahead', () => {
    const contract = contractOf({}, { compress: { codec: 'brotli', level: 11 } })
    const compiled = createEngine('js').compile(contract)
    const payload = Buffer.from(`"${'x'.repeat(100_000)}"`)
    const looks = clockUntil(Number.POSITIVE_INFINITY)
    const near = { startedAt: 0, endsAt: 20, looksAhead: true }
    expect(() => compiled.process(payload, false, near)).toThrow(expect.objectContaining({ code: 'deadline.exceeded' }))
    expect(looks()).toBeGreaterThan(0)
    expect(compiled.process(payload, false, { ...near, looksAhead: false }).ok).toBe(true)
  })

  test('what defaults add to the text counts among what is ahead', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_, number) => [`member-${number}`, { type: 'string', default: 'a text' }]),
    )
    const schema = { type: 'array', items: { type: 'object', properties } }
    const contract = contractOf(schema, { compress: { codec: 'none' }, limits: { maxBytes: 16 * 1024 * 1024 } })
    const compiled = createEngine('js').compile(contract)
    const payload = Buffer.from(list('{}', 10_000))
    clockUntil(Number.POSITIVE_INFINITY)
    const near = { startedAt: 0, endsAt: 20, looksAhead: true }
    expect(() => compiled.process(payload, false, near)).toThrow(expect.objectContaining({ code: 'deadline.exceeded' }))
    expect(compiled.process(payload, false, { ...near, looksAhead: false }).ok).toBe(true)
  })

  test('a text that took too long to write is not encoded', () => {
    const schema = { type: 'array', items: { type: 'integer' } }
    const compiled = createEngine('js').compile(contractOf(schema, none))
    const payload = Buffer.from(list('1', 1_000_000))
    let now = 0
    const write = JSON.stringify
    vi.spyOn(JSON, 'stringify').mockImplementation((value: unknown) => {
      now = 1000
      return write(value)
    })
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const encode = vi.spyOn(Buffer, 'from')
    expect(() => compiled.process(payload, false, limit)).toThrow(
      expect.objectContaining({ code: 'deadline.exceeded' }),
    )
    expect(now).toBe(1000)
    expect(encode.mock.calls.filter(([what]) => typeof what === 'string')).toEqual([])
  })
})

describe.for(engineKinds)('%s', (kind) => {
  test('the limit ends the costliest payload, and the next payload has its own time', (context) => {
    needEngine(kind, context)
    const compiled = createEngine(kind).compile(
      contractOf({ type: 'string', pattern: '[ab]*a[ab]{200}c', maxLength: 1_000_000 }, none),
    )
    const startedAt = performance.now()
    const payload = Buffer.from(`"${withoutPeriod(900_000)}"`)
    const target = new Uint8Array(2_000_000)
    expect(() =>
      compiled.processInto(payload, false, target, 0, { startedAt, endsAt: startedAt + 1, looksAhead: false }),
    ).toThrow(expect.objectContaining({ code: 'deadline.exceeded', params: { where: 'run' } }))
    const later = performance.now()
    const limit = { startedAt: later, endsAt: later + 60_000, looksAhead: false }
    expect(compiled.process(Buffer.from('"c"'), false, limit)).toMatchObject({ code: 'validate.failed' })
  })
})
