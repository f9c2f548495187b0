// The JS engine as a whole: outcomes, digests, codecs, and that it stays linear on hostile payloads.
import { createHash, createHmac } from 'node:crypto'
import { inflateRawSync, inflateSync, gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { decodeOutcome, type Accepted, type AcceptedCanonical } from '../../src/model/index.ts'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { createEngine, decompress } from '../../src/engine/index.ts'
import { canGenerate } from '../../src/engine/js/codegen.ts'
import { contractOf } from '../support/locks.ts'

const engine = createEngine('js')
const compile = (fields: Record<string, unknown> = {}, schema: unknown = {}): CompiledContract =>
  engine.compile(contractOf(schema, fields))
const payload = Buffer.from('{ "b": 1.0, "a": "é" }')
const canonical = '{"a":"é","b":1}'

describe('an accepted outcome', () => {
  test('has sizes, codec and digest of the canonical form', () => {
    const outcome = compile().process(payload, false) as Accepted
    expect(outcome).toEqual({
      ok: true,
      body: outcome.body,
      codec: 'gzip',
      digest: createHash('sha256').update(canonical).digest('hex'),
      inBytes: payload.length,
      canonicalBytes: Buffer.byteLength(canonical),
      outBytes: outcome.body.length,
    })
  })

  test('has the canonical bytes and the value with `canonical`', () => {
    const outcome = compile().process(payload, true) as AcceptedCanonical
    expect(Buffer.from(outcome.canonical).toString()).toBe(canonical)
    expect(outcome.value()).toEqual({ a: 'é', b: 1 })
  })

  test.each([
    ['{"!":0,"\\\\":1}', '{"!":0,"\\"":1}'],
    ['{" ":0,"a\\\\u":1}', '{" ":0,"a\\u000bb":1}'],
  ])('keeps a key with an escape, although %s was parsed before', (before, text) => {
    // The JSON.parse of Node 24 and 26 confuses the two keys.
    JSON.parse(before)
    const outcome = compile().process(Buffer.from(text), true) as AcceptedCanonical
    expect(Buffer.from(outcome.canonical).toString()).toBe(text)
    expect(JSON.stringify(outcome.value())).toBe(text)
  })

  test('holds plain Uint8Arrays, not Buffers', () => {
    const outcome = compile().process(payload, true) as AcceptedCanonical
    expect(Object.getPrototypeOf(outcome.body)).toBe(Uint8Array.prototype)
    expect(Object.getPrototypeOf(outcome.canonical)).toBe(Uint8Array.prototype)
  })

  test('has separate body and canonical bytes with codec none', () => {
    const outcome = compile({ compress: { codec: 'none' } }).process(payload, true) as AcceptedCanonical
    outcome.body.fill(0)
    expect(Buffer.from(outcome.canonical).toString()).toBe(canonical)
  })

  test('is encoded as bytes at any offset', () => {
    const compiled = compile()
    const target = new Uint8Array(512)
    const size = compiled.processInto(payload, true, target, 7)
    expect(compiled.processInto(payload, true, target.subarray(0, 20), 0)).toBe(-size)
    const { value: _, ...outcome } = decodeOutcome(target, 7, 'gzip') as AcceptedCanonical
    const { value: __, ...direct } = compiled.process(payload, true) as AcceptedCanonical
    expect(outcome).toEqual(direct)
  })
})

describe('digest', () => {
  test('none is null', () => {
    expect((compile({ digest: 'none' }).process(payload, false) as Accepted).digest).toBeNull()
  })

  test('HMAC uses a copy of the key', () => {
    const key = Buffer.from('0123456789abcdef')
    const expected = createHmac('sha256', '0123456789abcdef').update(canonical).digest('hex')
    const compiled = engine.compile(contractOf({}, { digest: 'hmac-sha-256' }), { digestKey: key })
    key.fill(0)
    expect((compiled.process(payload, false) as Accepted).digest).toBe(expected)
  })

  test.each([undefined, Buffer.from('short')])('HMAC rejects the key %o', (digestKey) => {
    const contract = contractOf({}, { digest: 'hmac-sha-256' })
    const attempt = () => engine.compile(contract, digestKey === undefined ? {} : { digestKey })
    expect(attempt).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  })
})

describe('compress', () => {
  const large = Buffer.from(JSON.stringify(Array.from({ length: 3000 }, (_, i) => `item ${i % 50}`)))
  const random = Buffer.from(JSON.stringify(Array.from({ length: 4000 }, (_, i) => Math.sin(i))))
  const undo = { gzip: gunzipSync, deflate: inflateSync, 'deflate-raw': inflateRawSync } as const

  test.each(['gzip', 'deflate', 'deflate-raw'] as const)(
    '%s decompresses to the canonical form at every level',
    (codec) => {
      for (const level of [0, 1, 6, 9]) {
        const compiled = compile({ compress: { codec, level } })
        for (const bytes of [payload, large, random, Buffer.from('0')]) {
          const outcome = compiled.process(bytes, true) as AcceptedCanonical
          expect(Buffer.compare(undo[codec](outcome.body), outcome.canonical)).toBe(0)
        }
      }
    },
  )

  test('the gzip header has no time, no name and a fixed OS byte', () => {
    const { body } = compile().process(payload, false) as Accepted
    expect([...body.subarray(0, 4), body[4], body[5], body[6], body[7], body[9]]).toEqual([
      31, 139, 8, 0, 0, 0, 0, 0, 255,
    ])
  })

  test('fflate writes the same gzip header, and every codec and level decompresses to the canonical form', () => {
    const fflate = createEngine('js', 'fflate')
    for (const codec of ['gzip', 'deflate', 'deflate-raw'] as const) {
      for (const level of [0, 1, 6, 9]) {
        const compiled = fflate.compile(contractOf({}, { compress: { codec, level } }))
        // The last two fill the stored blocks of level 0.
        const full = [65_535, 131_070].map((size) => Buffer.from(`"${'x'.repeat(size - 2)}"`))
        for (const bytes of [payload, large, random, Buffer.from('0'), ...full]) {
          const outcome = compiled.process(bytes, true) as AcceptedCanonical
          expect(Buffer.compare(undo[codec](outcome.body), outcome.canonical)).toBe(0)
          expect(Buffer.compare(decompress(outcome.body, codec, { maxBytes: bytes.length }), outcome.canonical)).toBe(0)
          if (codec === 'gzip') expect([...outcome.body.subarray(4, 8), outcome.body[9]]).toEqual([0, 0, 0, 0, 255])
        }
      }
    }
  })

  test.each([
    ['at another level', { codec: 'gzip', level: 2 }, large],
    ['beyond 32 KiB', { codec: 'gzip', level: 1 }, Buffer.from(JSON.stringify('ab '.repeat(20_000)))],
  ])('without a request it is zlib %s', (_, compress, bytes) => {
    const [own, zlib, fflate] = bodiesOf(compress, bytes)
    expect(own).toBe(zlib)
    expect(own).not.toBe(fflate)
  })

  test('without a request small payloads at level 1 have an encoder of their own, and with one they have not', () => {
    const [own, zlib, fflate] = bodiesOf({ codec: 'gzip', level: 1 }, large)
    expect(new Set([own, zlib, fflate]).size).toBe(3)
  })

  const bodiesOf = (compress: unknown, bytes: Uint8Array): string[] =>
    ([undefined, 'zlib', 'fflate'] as const).map((jsCompressor) => {
      const contract = contractOf({}, { compress })
      const outcome = createEngine('js', jsCompressor).compile(contract).process(bytes, false) as Accepted
      return Buffer.from(outcome.body).toString('base64')
    })
})

describe('without code generation', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('the engine has the same outcomes', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] }
    const expected = compile({}, schema).process(payload, false)
    vi.stubGlobal('Function', () => {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    expect(canGenerate()).toBe(false)
    expect(compile({}, schema).process(payload, false)).toEqual(expected)
  })
})

describe('many keys', () => {
  const limits = { maxKeys: 100_000 }

  test.each<[string, (i: number) => string]>([
    ['that look like array indices', (i) => String(i * 3)],
    ['around the largest array index', (i) => String(4_294_900_000 + i * 7)],
    ['beyond array indices', (i) => String(4_294_967_296 + i * 4_294_967_296)],
  ])('%s are written in canonical order', (_, key) => {
    const keys = Array.from({ length: 20_000 }, (_, i) => key(i))
    const outcome = compile({ limits }).process(Buffer.from(`{${keys.map((k) => `"${k}":0`).join(',')}}`), true)
    const text = `{${keys
      .toSorted()
      .map((k) => `"${k}":0`)
      .join(',')}}`
    expect(Buffer.from((outcome as AcceptedCanonical).canonical).toString()).toBe(text)
  })

  test('one above the limit is rejected', () => {
    const payload = Buffer.from(`{${Array.from({ length: 10_001 }, (_, i) => `"${i}":0`).join(',')}}`)
    expect(compile().process(payload, false)).toMatchObject({ code: 'limit.keys', issues: [{ pointer: '/10000' }] })
  })
})
