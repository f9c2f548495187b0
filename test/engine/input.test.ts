// payloadBytes: the bytes of a caller's input.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { rejected } from '../../src/model/index.ts'
import { payloadBytes } from '../../src/engine/index.ts'

const limits = { maxBytes: 64, maxDepth: 4, maxKeys: 10 }
const bytesOf = (payload: unknown): string => {
  const bytes = payloadBytes(payload, limits)
  if (!(bytes instanceof Uint8Array)) throw new Error(`rejected: ${bytes.code}`)
  return Buffer.from(bytes).toString()
}
const notJson = (pointer: string) => rejected('value.not_json', [{ code: 'value.not_json', pointer }])

describe('bytes', () => {
  test('a Uint8Array is returned unchanged', () => {
    const bytes = new Uint8Array([1, 2, 3])
    expect(payloadBytes(bytes, limits)).toBe(bytes)
  })

  test('a Buffer is returned unchanged', () => {
    const bytes = Buffer.from('{}')
    expect(payloadBytes(bytes, limits)).toBe(bytes)
  })

  test('a Uint8Array of another realm is copied into this one', () => {
    const bytes: unknown = runInNewContext('new Uint8Array([123, 125])')
    expect(bytes).not.toBeInstanceOf(Uint8Array)
    expect(bytesOf(bytes)).toBe('{}')
  })

  test('shared bytes are copied', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(49)
    const bytes = payloadBytes(shared, limits)
    expect(bytes).not.toBe(shared)
    expect(bytes).toEqual(new Uint8Array([49, 49]))
  })

  test('transferred bytes are empty', () => {
    const bytes = new Uint8Array([123, 125])
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    expect(payloadBytes(bytes, limits)).toEqual(new Uint8Array(0))
  })

  test.each([new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new Float64Array(1), new Uint8ClampedArray(1)])(
    'other views and buffers are no JSON: %o',
    (view) => {
      expect(payloadBytes(view, limits)).toEqual(notJson(''))
    },
  )

  test('a lookalike of a Uint8Array is a value', () => {
    expect(payloadBytes(Object.create(Uint8Array.prototype), limits)).toEqual(notJson(''))
  })
})

describe('text', () => {
  test('a string is always JSON text', () => {
    expect(bytesOf('"é"')).toBe('"é"')
  })

  test('its size is counted in UTF-8', () => {
    expect(payloadBytes('é'.repeat(33), limits)).toEqual(rejected('limit.bytes'))
    expect(bytesOf('é'.repeat(32))).toHaveLength(32)
  })

  test('a lone surrogate counts three bytes', () => {
    expect(payloadBytes('\ud800'.repeat(22), limits)).toEqual(rejected('limit.bytes'))
  })

  test('a byte order mark is rejected before ill-formed text', () => {
    expect(payloadBytes('\ufeff\ud800', limits)).toEqual(rejected('parse.bom'))
  })

  test('a lone surrogate is rejected at the root', () => {
    expect(payloadBytes('[[[[[[["\ud800', limits)).toEqual(
      rejected('parse.lone_surrogate', [{ code: 'parse.lone_surrogate', pointer: '' }]),
    )
  })
})

describe('values', () => {
  test('plain values become their JSON text', () => {
    expect(bytesOf({ b: [1, 'x', null, true], a: undefined })).toBe('{"b":[1,"x",null,true]}')
  })

  test('a value that is not JSON is rejected with its pointer', () => {
    expect(payloadBytes({ a: [1, Number.NaN] }, limits)).toEqual(notJson('/a/1'))
  })

  test.each([undefined, Symbol('s'), 1n, () => 1])('%o is not JSON', (value) => {
    expect(payloadBytes(value, limits)).toEqual(notJson(''))
  })

  test('a value that is too large or too deep has the code of its text', () => {
    expect(payloadBytes(['x'.repeat(64)], limits)).toEqual(rejected('limit.bytes'))
    expect(payloadBytes([[[[[1]]]]], limits)).toEqual(rejected('limit.depth'))
  })
})
