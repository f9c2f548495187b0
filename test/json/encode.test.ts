// The encoder of values: JSON data, and the errors for anything else.
import { describe, expect, test } from 'vitest'
import { encodeValue } from '../../src/json/index.ts'

const limits = { maxBytes: 1000, maxDepth: 8 }

function encode(value: unknown, change = {}): string {
  const result = encodeValue(value, { ...limits, ...change })
  if (result.ok) return new TextDecoder().decode(result.bytes)
  return result.pointer === undefined ? result.code : `${result.code} at "${result.pointer}"`
}

const fail = (): never => {
  throw new Error('no value')
}

class Money {
  amount = 1
}

describe('plain data', () => {
  test.each([
    [null, 'null'],
    [true, 'true'],
    ['a"b', '"a\\"b"'],
    [-0, '0'],
    [1e21, '1e+21'],
    [{ b: 1, a: [1, 'x', null, false, {}] }, '{"b":1,"a":[1,"x",null,false,{}]}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [{ toJSON: 1 }, '{"toJSON":1}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    ['\ud800', '"\\ud800"'],
    [{ '\ud800': 1 }, '{"\\ud800":1}'],
    [{ [Symbol('s')]: 1 }, '{}'],
    [Object.freeze([1]), '[1]'],
  ])('%o', (value, text) => expect(encode(value)).toBe(text))

  test('the same object twice is not a cycle', () => {
    const shared = { a: 1 }
    expect(encode([shared, shared])).toBe('[{"a":1},{"a":1}]')
  })
})

describe('a value that is not JSON is value.not_json', () => {
  const cycle: Record<string, unknown> = { a: [] }
  cycle['a'] = [1, cycle]
  test.each([
    [undefined, ''],
    [Number.NaN, ''],
    [{ a: [1, Number.POSITIVE_INFINITY] }, '/a/1'],
    [1n, ''],
    [Symbol('s'), ''],
    [{ 'a/b': () => 1 }, '/a~1b'],
    [[1, undefined], '/1'],
    // oxlint-disable-next-line no-sparse-arrays
    [[1, , 2], '/1'],
    [{ d: new Date(0) }, '/d'],
    [new Map(), ''],
    [[new Set()], '/0'],
    [{ m: new Money() }, '/m'],
    [new (class extends Array {})(), ''],
    [new String('a'), ''],
    [Uint8Array.of(1), ''],
    [{ a: { toJSON: () => 1 } }, '/a'],
    [Object.create({ inherited: 1 }), ''],
    [cycle, '/a/1'],
    [Promise.resolve(), ''],
    [{ '\ud800': { x: Number.NaN } }, ''],
  ])('%o', (value, pointer) => expect(encode(value)).toBe(`value.not_json at "${pointer}"`))

  test('a getter that throws', () => {
    expect(encode({ a: Object.defineProperty({}, 'b', { enumerable: true, get: fail }) })).toBe('value.not_json at ""')
  })
  test('a toJSON that is not enumerable', () => {
    expect(encode({ a: Object.defineProperty({}, 'toJSON', { value: () => 1 }) })).toBe('value.not_json at "/a"')
  })
})

describe('limits', () => {
  const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)])
  test('depth', () => {
    expect(encode(nest(8))).toBe('[[[[[[[[1]]]]]]]]')
    expect(encode(nest(9))).toBe('limit.depth')
  })
  test('bytes are exact', () => {
    expect(encode('€', { maxBytes: 5 })).toBe('"€"')
    expect(encode('€', { maxBytes: 4 })).toBe('limit.bytes')
  })
  test('shared structure is bounded by maxBytes', () => {
    let value: unknown = 'x'
    for (let i = 0; i < 60; i++) value = [value, value]
    expect(encode(value, { maxDepth: 120 })).toBe('limit.bytes')
  })
  test('an infinite array is bounded by maxBytes', () =>
    expect(encode(Object.assign([], { length: 2 ** 32 - 1 }))).toBe('value.not_json at "/0"'))
})
