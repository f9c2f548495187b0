// The strict reader: its stages, their order, and hostile input.
import { describe, expect, test } from 'vitest'
import { canonicalText, readBytes, readText, type ReadLimits } from '../../src/json/index.ts'
import { utf8Length } from '../../src/runtime/node.ts'
import { cpuTime } from '../support/cpu-time.ts'

const limits: ReadLimits = { maxBytes: 1 << 20, maxDepth: 64, maxKeys: 10_000, numbers: 'safe' }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function read(input: string | Uint8Array, change: Partial<ReadLimits> = {}): string {
  const all = { ...limits, ...change }
  const result = typeof input === 'string' ? readText(input, all) : readBytes(input, all)
  if (result.ok) return canonicalText(result.value)
  return result.pointer === '' ? result.code : `${result.code} at "${result.pointer}"`
}

describe('accepted text', () => {
  test.each([
    ['null', 'null'],
    [' \t\r\n{ } \n', '{}'],
    ['[ ]', '[]'],
    ['{"b":[1,2.50,-0,1E2],"a":{"":true}}', '{"a":{"":true},"b":[1,2.5,0,100]}'],
    ['"\\u0061\\/\\n\\u20ac\\ud83d\\ude00\\u0000"', '"a/\\n€😀\\u0000"'],
    ['{"10":1,"9":2,"constructor":3,"toString":4}', '{"10":1,"9":2,"constructor":3,"toString":4}'],
    ['{"\uffff":1,"😀":2}', '{"😀":2,"\uffff":1}'],
    ['1e-400', '0'],
    ['-1e-400', '0'],
    ['1.7976931348623157e308', 'number.unsafe_integer'],
    ['9007199254740991', '9007199254740991'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected)
    expect(read(utf8(text))).toBe(expected)
  })

  test('numbers may be doubles', () => {
    expect(read('[9007199254740993,1e300]', { numbers: 'double' })).toBe('[9007199254740992,1e+300]')
  })
})

describe('grammar', () => {
  test.each(
    // prettier-ignore
    [
      '', ' ', '[', ']', '{', '}', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}',
      '{,}', '{a:1}', "{'a':1}", '{1:1}', '{"a" 1}', '{"a"::1}', '{"a":1:2}', '"', '"a', '"\\', '"\\x"', '"\\u12"',
      '"\\u12g4"', '"\\u"', '"\\U0041"', '"\u0000"', '"\n"', '"\u001f"', 'tru', 'nul', 'True', 'NaN', 'Infinity', '-', '+1',
      '01', '-01', '1.', '.1', '1e', '1e+', '1.e1', '0x1', '1_0', '--1', '1 1', 'null,', '[1]]', '/**/1', '\u00a01', '\u20281',
    ],
  )('%j is no JSON', (text) => {
    expect(read(text)).toBe('parse.syntax')
  })
})

describe('stages: the first failed one decides', () => {
  test('size comes first', () =>
    expect(read(Uint8Array.of(0xef, 0xbb, 0xbf, 0xff), { maxBytes: 3 })).toBe('limit.bytes'))
  test('size is in bytes of UTF-8', () => {
    expect(read('"€"', { maxBytes: 5 })).toBe('"€"')
    expect(read('"€"', { maxBytes: 4 })).toBe('limit.bytes')
    expect(['a', 'é', '€', '😀', '\ud800', '\ud800a', '\udc00\ud800'].map(utf8Length)).toEqual([1, 2, 3, 4, 3, 4, 6])
  })
  test('the byte order mark comes second', () => {
    expect(read(Uint8Array.of(0xef, 0xbb, 0xbf, 0xff))).toBe('parse.bom')
    expect(read('\ufeff{}')).toBe('parse.bom')
  })
  test('a byte order mark elsewhere is not white space', () => expect(read(' \ufeff{}')).toBe('parse.syntax'))
  test.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    'UTF-8: %#',
    (...bytes) => expect(read(Uint8Array.from([...utf8('['.repeat(99)), ...bytes]))).toBe('parse.utf8'),
  )
  test('text with a lone surrogate is rejected at the root, before the depth', () =>
    expect(read('['.repeat(99) + '\ud800')).toBe('parse.lone_surrogate'))
  test('depth comes before the grammar', () => {
    expect(read('['.repeat(64))).toBe('parse.syntax')
    expect(read('['.repeat(65))).toBe('limit.depth')
    expect(read('x' + '{'.repeat(65))).toBe('limit.depth')
  })
  test('depth counts open brackets of any kind, never below zero', () => {
    expect(read(']'.repeat(99) + '['.repeat(64))).toBe('parse.syntax')
    expect(read('[}'.repeat(99))).toBe('parse.syntax')
    expect(read('"' + '['.repeat(99) + '"')).toBe(`"${'['.repeat(99)}"`)
    expect(read('"\\"' + '['.repeat(99) + '"')).toBe(`"\\"${'['.repeat(99)}"`)
    expect(read('\\"' + '['.repeat(99))).toBe('parse.syntax')
  })
  test('the grammar of the whole text comes before the data model', () =>
    expect(read('{"__proto__":1e999,"a":"\\ud800","a":1}}')).toBe('parse.syntax'))
})

describe('data model: one issue, the first in the order of the document', () => {
  test.each([
    ['"\\ud800"', 'parse.lone_surrogate'],
    ['"\\ude00\\ud83d"', 'parse.lone_surrogate'],
    ['[1,["\\udfff"]]', 'parse.lone_surrogate at "/1/0"'],
    ['{"a":{"\\ud800":1}}', 'parse.lone_surrogate at "/a"'],
    ['{"a/b":{"__proto__":1}}', 'parse.forbidden_key at "/a~1b/__proto__"'],
    ['{"\\u005f_proto__":1}', 'parse.forbidden_key at "/__proto__"'],
    ['{"a":1,"b":2,"\\u0061":3}', 'parse.duplicate_key at "/a"'],
    ['{"b":1,"a":2,"b":3}', 'parse.duplicate_key at "/b"'],
    ['{"__proto__":1,"__proto__":1}', 'parse.forbidden_key at "/__proto__"'],
    ['{"1":0,"#1":0,"##1":0,"#":0,"":0}', '{"":0,"#":0,"##1":0,"#1":0,"1":0}'],
    ['{"x":0,"1":0,"#1":0,"1":0}', 'parse.duplicate_key at "/1"'],
    ['{"a":[1e400],"a":"\\ud800"}', 'number.range at "/a/0"'],
    ['{"a":-1e309}', 'number.range at "/a"'],
    ['[9007199254740992]', 'number.unsafe_integer at "/0"'],
    ['[-9007199254740992]', 'number.unsafe_integer at "/0"'],
    ['[9007199254740991.5]', 'number.unsafe_integer at "/0"'],
    ['[1e22]', 'number.unsafe_integer at "/0"'],
    ['[{"a":1,"a":1e999}]', 'parse.duplicate_key at "/0/a"'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected))

  test('keys are counted per object', () => {
    expect(read('{"a":{"b":1,"c":2},"d":3}', { maxKeys: 2 })).toBe('{"a":{"b":1,"c":2},"d":3}')
    expect(read('{"a":1,"b":2,"c":3,"d":4}', { maxKeys: 2 })).toBe('limit.keys at "/c"')
  })
  test('a duplicate comes before the number of keys', () =>
    expect(read('{"a":1,"b":2,"a":3}', { maxKeys: 2 })).toBe('parse.duplicate_key at "/a"'))
  test('a key in a pointer is truncated to 128 code points, then escaped', () =>
    expect(read(`{"${'~'.repeat(200)}":1e999}`)).toBe(`number.range at "/${'~0'.repeat(128)}"`))
})

const within = (text: string, expected: string, change: Partial<ReadLimits> = {}): void => {
  const bytes = utf8(text)
  const { result: got, ms } = cpuTime(() => read(bytes, change))
  // Generous for slow machines: quadratic work would take minutes.
  expect(ms).toBeLessThan(2000)
  expect(got.slice(0, expected.length)).toBe(expected)
}
const members = (key: (i: number) => string): string =>
  `{${Array.from({ length: 65_000 }, (_, i) => `"${key(65_000 - i)}":0`).join(',')}}`

describe('hostile input of 1 MiB is read in linear time', () => {
  const many = { maxKeys: 1_000_000 }

  test('brackets', () => within('['.repeat(1_000_000), 'limit.depth'))
  test('brackets that close', () => within('[]'.repeat(500_000), 'parse.syntax'))
  test('integer-like keys', () => within(members(String), '{"1":0', many))
  test('keys that would collide in V8', () =>
    within(
      members((i) => String(i * 65_536)),
      '{"',
      many,
    ))
  test('keys beyond the limit, with a duplicate among them', () =>
    within(
      members((i) => `k${i % 50_000}`),
      'limit.keys at "/k5000"',
      { maxKeys: 10_000 },
    ))
  test('escapes', () => within(`"${'\\n'.repeat(500_000)}"`, '"\\n'))
  test('digits', () => within('1'.repeat(1_000_000), 'number.range'))
  test('digits of a fraction', () => within(`0.${'0'.repeat(1_000_000)}1`, '0'))
  test('an unclosed string of backslashes', () => within(`"${'\\\\'.repeat(500_000)}`, 'parse.syntax'))
})
