// The adapter around the addon: its buffer, its errors, its count of calls. Outcomes are compared with the JS engine's
// in test/differential.
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi, type TestContext } from 'vitest'
import { decodeOutcome, type Contract, type ProcessorOptions } from '../../src/model/index.ts'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { nativeCalls } from '../../src/engine/native/index.ts'
import { needEngine } from '../support/need.ts'

afterEach(() => void vi.restoreAllMocks())

const compile = (context: TestContext, contract: Contract, options?: ProcessorOptions): CompiledContract =>
  needEngine('native', context).compile(contract, options)

test('an outcome does not change when the next payload is processed', (context) => {
  const compiled = compile(context, contractOf({}))
  const first = compiled.process(Buffer.from('{"a":"first"}'), true)
  compiled.process(Buffer.from('{"b":"second, and longer"}'), true)
  expect(first).toMatchObject({ ok: true, canonical: new Uint8Array(Buffer.from('{"a":"first"}')) })
  expect(canonicalText(first)).toBe('{"a":"first"}')
})

test('an outcome may be larger than the buffer', (context) => {
  const compiled = compile(context, contractOf({}))
  for (const size of [10, 60_000, 700_000, 20]) {
    const payload = JSON.stringify(randomBytes(size / 2).toString('hex'))
    const outcome = compiled.process(Buffer.from(payload), true)
    expect(canonicalText(outcome)).toBe(payload)
  }
})

test('a payload runs once, whatever its size', (context) => {
  const limits = { maxBytes: 16 * 1024 * 1024 }
  const compiled = compile(context, contractOf({}, { compress: { codec: 'none' }, limits }))
  for (const bytes of [100, 100_000, 3_000_000, 9_000_000, 9_000_000, 200_000]) {
    const payload = JSON.stringify('x'.repeat(bytes))
    for (const canonical of [false, true]) {
      const before = nativeCalls()
      expect(compiled.process(Buffer.from(payload), canonical)).toMatchObject({ canonicalBytes: payload.length })
      expect(nativeCalls() - before, `${bytes} bytes`).toBe(1)
    }
  }
})

test('a payload that runs again, because its outcome did not fit, has the rest of its time', (context) => {
  const compiled = compile(context, contractOf({}))
  const payload = Buffer.from(`[${'1,'.repeat(50_000)}1]`)
  const limit = { startedAt: 0, endsAt: 3_600_000, looksAhead: false }
  expect(compiled.processInto(payload, true, new Uint8Array(60), 0, limit)).toBeLessThan(0)
  vi.spyOn(performance, 'now').mockReturnValue(3_600_001)
  const target = new Uint8Array(300_000)
  expect(() => compiled.processInto(payload, true, target, 0, limit)).toThrow(
    expect.objectContaining({ code: 'deadline.exceeded' }),
  )
  expect(compiled.processInto(payload, true, target, 0, { ...limit, startedAt: 1 })).toBeGreaterThan(0)
})

test('a target that is too small is not written, and the size is returned', (context) => {
  const compiled = compile(context, contractOf({}, { compress: { codec: 'none' } }))
  const payload = Buffer.from('[1,2,3]')
  expect(compiled.processInto(payload, false, new Uint8Array(20), 0)).toBe(-(48 + payload.length))
  const target = new Uint8Array(100)
  expect(compiled.processInto(payload, false, target, 45)).toBe(48 + payload.length)
  expect(canonicalText(decodeOutcome(target, 45, 'none'))).toBe('[1,2,3]')
  expect(compiled.processInto(payload, false, target, 46)).toBe(-(48 + payload.length))
})

test('bytes in shared memory are copied', (context) => {
  const shared = new Uint8Array(new SharedArrayBuffer(8))
  shared.set(Buffer.from('{"a": 1}'))
  expect(canonicalText(compile(context, contractOf({})).process(shared, false))).toBe('{"a":1}')
})

test('a keyed digest needs its key', (context) => {
  needEngine('native', context)
  const contract = contractOf({}, { digest: 'hmac-sha-256' })
  expect(() => compile(context, contract)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  const digestKey = Buffer.alloc(16, 7)
  const js = needEngine('js', context).compile(contract, { digestKey })
  const payload = Buffer.from('{"a":1}')
  expect(compile(context, contract, { digestKey }).process(payload, false)).toMatchObject({
    digest: (js.process(payload, false) as { digest: string }).digest,
  })
})

test('a disposed contract throws an error that quotes nothing', (context) => {
  const compiled = compile(context, contractOf({}))
  compiled.dispose()
  expect(() => compiled.process(Buffer.from('"secret"'), false)).toThrow(
    expect.objectContaining({ code: 'internal.panic', message: 'The native engine failed.' }),
  )
})

test('a payload and a target in the same memory are rejected', (context) => {
  const bytes = Buffer.alloc(1000, ' ')
  bytes.write('[1]', 0)
  const compiled = compile(context, contractOf({}))
  expect(() => compiled.processInto(bytes.subarray(0, 3), false, bytes, 0)).toThrow(
    expect.objectContaining({ code: 'internal.panic' }),
  )
  expect(compiled.processInto(bytes.subarray(0, 3), false, bytes, 3)).toBeGreaterThan(0)
})

test('native code counts its calls', (context) => {
  const compiled = compile(context, contractOf({}))
  const before = nativeCalls()
  for (let i = 0; i < 3; i++) compiled.process(Buffer.from('1'), false)
  expect(nativeCalls() - before).toBe(3)
})
