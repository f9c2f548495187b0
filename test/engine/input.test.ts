// payloadBytes: the bytes of a caller's input.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { rejected, rejectedSize } from '../../src/model/index.ts'
import { payloadBytes } from '../../src/engine/index.ts'

const rules = { limits: { maxBytes: 64, maxDepth: 4, maxKeys: 10 }, numbers: 'safe' as const }
const bytesOf = (payload: unknown): string => {
  const bytes = payloadBytes(payload, rules)
  if (!(bytes instanceof Uint8Array)) throw new Error(`rejected: ${bytes.code}`)
  return Buffer.from(bytes).toString()
}
const notJson = (pointer: string) => rejected('value.not_json', [{ code: 'value.not_json', pointer }])

describe('bytes', () => {
  test('a Uint8Array is returned unchanged', () => {
    const bytes = new Uint8Array([1, 2, 3])
    expect(payloadBytes(bytes, rules)).toBe(bytes)
  })

  test('a Buffer is returned unchanged', () => {
    const bytes = Buffer.from('{}')
    expect(payloadBytes(bytes, rules)).toBe(bytes)
  })

  test('a Uint8Array of another realm is copied into this one', () => {
    const bytes: unknown = runInNewContext('new Uint8Array([123, 125])')
    expect(bytes).not.toBeInstanceOf(Uint8Array)
    expect(bytesOf(bytes)).toBe('{}')
  })

  test('shared bytes are copied', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(49)
    const bytes = payloadBytes(shared, rules)
    expect(bytes).not.toBe(shared)
    expect(bytes).toEqual(new Uint8Array([49, 49]))
  })

  test.each([
    ['an array', (buffer: ArrayBuffer) => new Uint8Array(buffer)],
    ['a DataView', (buffer: ArrayBuffer) => new DataView(buffer)],
    ['the buffer', (buffer: ArrayBuffer) => buffer],
  ])('%s whose bytes were transferred is a mistake of the caller', (_, wrap) => {
    const payload = wrap(new ArrayBuffer(2))
    structuredClone(0, { transfer: [payload instanceof ArrayBuffer ? payload : payload.buffer] })
    const error = expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('detached') })
    expect(() => payloadBytes(payload, rules)).toThrow(error)
  })

  test('empty bytes are bytes', () => expect(payloadBytes(new Uint8Array(0), rules)).toEqual(new Uint8Array(0)))

  const text = Uint8Array.from(Buffer.from('[12]'))
  const shared = new SharedArrayBuffer(4)
  new Uint8Array(shared).set(text)
  test.each([
    ['an ArrayBuffer', text.buffer, '[12]'],
    ['a SharedArrayBuffer', shared, '[12]'],
    ['a DataView', new DataView(text.buffer, 1, 2), '12'],
    ['a Uint8ClampedArray', new Uint8ClampedArray(text.buffer, 1, 1), '1'],
    ['an Int8Array', new Int8Array(shared), '[12]'],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([50]).buffer'), '2'],
  ])('%s is its bytes', (_, payload, bytes) => {
    expect(bytesOf(payload)).toBe(bytes)
    expect((payloadBytes(payload, rules) as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer)
  })

  const lying = (property: string, value: unknown) =>
    Object.defineProperty(Uint8Array.from(text), property, { value }) as Uint8Array
  const buffer = Uint8Array.from(text).buffer
  test.each([
    ['length', lying('length', 1)],
    ['length', lying('length', 1e9)],
    ['buffer', lying('buffer', new ArrayBuffer(1))],
    ['byteOffset', lying('byteOffset', 9)],
    [
      'class',
      new (class extends Uint8Array {
        override get length() {
          return 1
        }
      })(text),
    ],
    ['prototype', Object.setPrototypeOf(Uint8Array.from(text), null) as unknown],
    ['byteLength of its buffer', Object.defineProperty(buffer, 'byteLength', { value: 1 }) as unknown],
  ])('bytes whose %s is not the real one are the bytes that they hold', (_, payload) => {
    expect(bytesOf(payload)).toBe('[12]')
    const bytes = payloadBytes(payload, rules) as Uint8Array
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([4, 4])
  })

  test('a view behind the end of a buffer that has shrunk is a mistake of the caller', () => {
    // Resizable buffers are not in the types of this target.
    const shrinking = Reflect.construct(ArrayBuffer, [4, { maxByteLength: 4 }]) as ArrayBuffer & {
      resize(to: number): void
    }
    const view = new DataView(shrinking, 2, 2)
    shrinking.resize(1)
    expect(() => payloadBytes(view, rules)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  })

  test.each([new Float64Array(1), new Uint16Array(1), new BigInt64Array(1)])(
    '%o is a mistake of the caller',
    (view) => {
      expect(() => payloadBytes(view, rules)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
    },
  )

  test('a lookalike of a Uint8Array is a value', () => {
    expect(payloadBytes(Object.create(Uint8Array.prototype), rules)).toEqual(notJson(''))
  })
})

describe('text', () => {
  test('a string is always JSON text', () => {
    expect(bytesOf('"é"')).toBe('"é"')
  })

  test('its size is counted in UTF-8', () => {
    expect(payloadBytes('é'.repeat(33), rules)).toEqual(rejectedSize(64))
    expect(bytesOf('é'.repeat(32))).toHaveLength(32)
  })

  test('a lone surrogate counts three bytes', () => {
    expect(payloadBytes('\ud800'.repeat(22), rules)).toEqual(rejectedSize(64))
  })

  test('a byte order mark is rejected before ill-formed text', () => {
    expect(payloadBytes('\ufeff\ud800', rules)).toEqual(
      rejected('parse.bom', [{ code: 'parse.bom', pointer: '', params: { offset: 0, line: 1, column: 1 } }]),
    )
  })

  test('a lone surrogate is rejected at the root', () => {
    const params = { offset: 12, line: 2, column: 9 }
    expect(payloadBytes('[\n[[[[[["€\ud800"', rules)).toEqual(
      rejected('parse.lone_surrogate', [{ code: 'parse.lone_surrogate', pointer: '', params }]),
    )
  })
})

describe('values', () => {
  test('plain values become their JSON text', () => {
    expect(bytesOf({ b: [1, 'x', null, true], a: undefined })).toBe('{"b":[1,"x",null,true]}')
  })

  test('a value that is not JSON is rejected with its pointer', () => {
    expect(payloadBytes({ a: [1, Number.NaN] }, rules)).toEqual(notJson('/a/1'))
  })

  test.each([undefined, Symbol('s'), 1n, () => 1])('%o is not JSON', (value) => {
    expect(payloadBytes(value, rules)).toEqual(notJson(''))
  })

  test('a value that is too large or too deep has the issue of its text', () => {
    const depth = (at: object) =>
      rejected('limit.depth', [{ code: 'limit.depth', pointer: '', params: { ...at, limit: 4 } }])
    expect(payloadBytes(['x'.repeat(64)], rules)).toEqual(rejectedSize(64))
    expect(payloadBytes([[[[[1]]]]], rules)).toEqual(depth({ offset: 4, line: 1, column: 5 }))
    expect(payloadBytes({ é: [1, { a: [{}] }] }, rules)).toEqual(depth({ offset: 15, line: 1, column: 15 }))
  })
})
