// The encoder of values: JSON data, and the errors for anything else.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { encodeValue } from '../../src/json/index.ts'

const limits = { maxBytes: 1000, maxDepth: 8, numbers: 'safe' as const }

function encode(value: unknown, change = {}): string {
  const result = encodeValue(value, { ...limits, ...change })
  if (result.ok) return new TextDecoder().decode(result.bytes)
  return result.code !== 'value.not_json' ? result.code : `${result.code} at "${result.pointer}"`
}

const fail = (): never => {
  throw new Error('no value')
}

class Hidden {
  #amount = 1
  get amount() {
    return this.#amount
  }
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
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ at: new Date(0), in: [new Date(1)] }, '{"at":"1970-01-01T00:00:00.000Z","in":["1970-01-01T00:00:00.001Z"]}'],
    [{ a: { toJSON: (key: string) => ({ key }) } }, '{"a":{"key":"a"}}'],
    [[{ toJSON: (key: string) => key }], '["0"]'],
    [{ a: { toJSON: () => undefined }, b: 1 }, '{"b":1}'],
    [{ toJSON: () => ({ toJSON: () => 1, b: 2 }) }, '{"b":2}'],
    [Object.assign(() => 1, { toJSON: () => 'f' }), '"f"'],
    [{ f: () => 1, s: Symbol('s'), b: 1 }, '{"b":1}'],
    [{ f: () => 1 }, '{}'],
    [{ m: new Money() }, '{"m":{"amount":1}}'],
    [new (class extends Array {})(), '[]'],
    [[new String('a"'), new Number(1.5), new Boolean(false)], '["a\\"",1.5,false]'],
    [Buffer.from('a'), '{"type":"Buffer","data":[97]}'],
    [new URL('http://a.b/c'), '"http://a.b/c"'],
    [
      runInNewContext('({ a: [1, { b: new Date(0) }], n: null, o: {} })'),
      '{"a":[1,{"b":"1970-01-01T00:00:00.000Z"}],"n":null,"o":{}}',
    ],
    [runInNewContext('new (class { x = [1] })()'), '{"x":[1]}'],
    [new Proxy({ a: 1 }, {}), '{"a":1}'],
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
    [() => 1, ''],
    [{ 'a/b': [() => 1] }, '/a~1b/0'],
    [[Symbol('s')], '/0'],
    [[{ toJSON: () => undefined }], '/0'],
    [{ a: { toJSON: () => Number.NaN } }, '/a'],
    [{ d: new Date(Number.NaN) }, '/d'],
    [{ n: new Number(Number.NaN) }, '/n'],
    [[1, undefined], '/1'],
    // oxlint-disable-next-line no-sparse-arrays
    [[1, , 2], '/1'],
    [new Map(), ''],
    [[new Set()], '/0'],
    [{ m: runInNewContext('new Map([[1, 2]])') }, '/m'],
    [
      new (class extends Map {
        x = 1
      })(),
      '',
    ],
    [new Hidden(), ''],
    [{ e: Object.assign(new Error('x'), { code: 1 }) }, '/e'],
    [/x/, ''],
    [new URLSearchParams('a=1'), ''],
    [[new ArrayBuffer(1)], '/0'],
    [[new Float64Array(1)], '/0'],
    [Uint8Array.of(1), ''],
    [Object.create({ inherited: 1 }), ''],
    [cycle, '/a/1'],
    [Promise.resolve(), ''],
    [{ '\ud800': { x: Number.NaN } }, ''],
  ])('%o', (value, pointer) => expect(encode(value)).toBe(`value.not_json at "${pointer}"`))

  test('a getter that throws', () => {
    expect(encode({ a: Object.defineProperty({}, 'b', { enumerable: true, get: fail }) })).toBe(
      'value.not_json at "/a/b"',
    )
  })
  test('a toJSON that throws', () => expect(encode([{ a: { toJSON: fail } }])).toBe('value.not_json at "/0/a"'))
})

test('a toJSON that is not enumerable is called', () => {
  expect(encode({ a: Object.defineProperty({}, 'toJSON', { value: () => 1 }) })).toBe('{"a":1}')
})

test('each getter and each toJSON runs once', () => {
  const calls: string[] = []
  const value = {
    get a() {
      calls.push('a')
      return calls.length
    },
    b: { toJSON: () => calls.push('b') },
    get c() {
      calls.push('c')
      return new Money()
    },
  }
  expect(encode(value)).toBe('{"a":1,"b":2,"c":{"amount":1}}')
  expect(calls).toEqual(['a', 'b', 'c'])
})

test('a bigint is its digits with int64 alone, unless it has a toJSON', () => {
  const int64 = { numbers: 'int64' }
  expect(encode({ a: 9_007_199_254_740_993n, b: [-1n, new Object(2n)] }, int64)).toBe(
    '{"a":9007199254740993,"b":[-1,2]}',
  )
  expect(encode({ a: [1n] })).toBe('value.not_json at "/a/0"')
  expect(encode({ a: [1n] }, { numbers: 'double' })).toBe('value.not_json at "/a/0"')
  const prototype = BigInt.prototype as { toJSON?: () => string }
  prototype.toJSON = function (this: bigint) {
    return String(this)
  }
  try {
    expect(encode([1n])).toBe('["1"]')
  } finally {
    delete prototype.toJSON
  }
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

test('the text is that of JSON.stringify', () => {
  const texts = ['', 'é😀', '\u2028"\\\n\u0000\u007f', '\ud83d', 'plain']
  const value = {
    list: texts,
    [texts[2] as string]: texts.map((text) => ({ [text]: [text, -0, 1e-7, 123456789012345680000] })),
  }
  expect(encode(value, { maxBytes: 10_000 })).toBe(JSON.stringify(value))
})
