// Splits JSON values that span lines, and tells lines from such values.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonValueSplitter, LayoutDetector, type NumberedValue } from '../../src/ndjson/index.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Each value as text, or as the code of its error. */
type Split = [line: number, item: number, value: string]

function split(chunks: readonly Uint8Array[], { maxBytes = 1000, unpacksArrays = true } = {}): Split[] {
  const splitter = new JsonValueSplitter({ maxBytes, unpacksArrays })
  const values: NumberedValue[] = []
  for (const chunk of chunks) values.push(...splitter.split(chunk))
  values.push(...splitter.end())
  return values.map(({ number, item, payload }) => [
    number,
    item,
    payload instanceof Uint8Array ? decode(payload) : payload.code,
  ])
}

const texts = (text: string, options?: { maxBytes?: number; unpacksArrays?: boolean }): string[] =>
  split([encode(text)], options).map(([, , value]) => value)

describe('JsonValueSplitter', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['white space', ' \r\n\t ', []],
    ['an empty array', ' [ \n ] ', []],
    ['items', '[{"a":1}, [2],"x, ]", 3 ,null]', ['{"a":1}', '[2]', '"x, ]"', '3', 'null']],
    ['values behind each other', '{"a":1}{"b":[1,{}]}\n 2 "x y"true', ['{"a":1}', '{"b":[1,{}]}', '2', '"x y"true']],
    ['brackets and escapes in strings', '[{"a":"}]\\"\\\\"},"\\\\"]', ['{"a":"}]\\"\\\\"}', '"\\\\"']],
    ['several arrays, and values between', '[1]\n{"a":2}[3,4]', ['1', '{"a":2}', '3', '4']],
    ['a missing item', '[1,,2]', ['1', 'parse.syntax', '2']],
    ['a comma behind the last item', '[{},]', ['{}', 'parse.syntax']],
    ['a missing comma', '[{} {}]', ['{}', 'parse.syntax', '{}']],
    ['an array without an end', '[{},{}', ['{}', '{}', 'parse.syntax']],
    ['an object without an end', '[{},{"a":1', ['{}', '{"a":1', 'parse.syntax']],
    ['what is no JSON', 'abc, }\n]', ['abc', ',', '}', ']']],
    ['a bracket of the other kind', '[{"a":1],2]', ['{"a":1]', '2']],
  ])('reads %s', (_, text, expected) => {
    expect(texts(text)).toStrictEqual(expected)
  })

  it('keeps arrays whole where they are payloads', () => {
    expect(texts('[1,\n2] [[3]]', { unpacksArrays: false })).toStrictEqual(['[1,\n2]', '[[3]]'])
  })

  it('numbers lines and items', () => {
    const text = '\n[\n  {\n    "a": "x\n"\n  },\n  {}, {}\n]\n'
    expect(split([encode(text)]).map(([line, item]) => [line, item])).toStrictEqual([
      [3, 1],
      [7, 2],
      [7, 3],
    ])
  })

  it('replaces values beyond the limit, and reads on', () => {
    const text = `[{"a":1},{"a":"${'x'.repeat(50)}]"},{"b":2}, ${'9'.repeat(21)},{}]`
    expect(texts(text, { maxBytes: 20 })).toStrictEqual(['{"a":1}', 'limit.bytes', '{"b":2}', 'limit.bytes', '{}'])
    expect(texts('[12345]', { maxBytes: 5 })).toStrictEqual(['12345'])
  })

  it('gives the items of any array, however it is printed and cut into chunks', () => {
    const cut = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    const property = fc.property(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 0, max: 3 }),
      cut,
      (values, indent, sizes) => {
        const bytes = encode(JSON.stringify(values, undefined, indent))
        const chunks: Uint8Array[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] as number
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const whole = split(chunks, { maxBytes: 1e6 })
        expect(whole).toStrictEqual(split([bytes], { maxBytes: 1e6 }))
        expect(whole.map(([, , text]) => JSON.parse(text) as unknown)).toStrictEqual(JSON.parse(decode(bytes)))
      },
    )
    fc.assert(property)
  })
})

describe('LayoutDetector', () => {
  const layoutOf = (text: string, acceptsArrays: boolean, maxBytes = 1000): string | undefined => {
    const detector = new LayoutDetector({ maxBytes, acceptsArrays })
    // Each byte alone: no answer may depend on the chunks.
    for (const byte of encode(text)) {
      const layout = detector.add(Uint8Array.of(byte))
      if (layout !== undefined) return layout
    }
    return undefined
  }

  it('does not hold more white space than one payload', () => {
    expect(layoutOf('\n'.repeat(10), true, 10)).toBe(undefined)
    expect(layoutOf('\n'.repeat(11), true, 10)).toBe('lines')
  })

  it.each<[string, string, string | undefined]>([
    ['a value on the line', '{"a":[1]}\n', 'lines'],
    ['blank lines first', '\n \r\n{"a":1}\n', 'lines'],
    ['a scalar', '12\n', 'lines'],
    ['no JSON', 'id,name\n', 'lines'],
    ['an array', '\n [', 'items'],
    ['only an opening brace', '{\n  "a"', 'values'],
    ['an empty object over lines', '{\r\n\r\n}', 'values'],
    ['members on the line', '{"a": 1,\n "b"', 'values'],
    ['a comma on the next line', '{"a": 1\n, "b"', 'values'],
    ['brackets that end later', '{"a": [1,\n2', 'values'],
    ['a value on the next line', '{"a":\n{', 'values'],
    ['a truncated line before another payload', '{"a":1\n{"a":2}\n', 'lines'],
    ['a truncated line behind a comma', '{"a":1,\n{"a":2}\n', 'lines'],
    ['a line that ends in a string', '{"a":"x\n{"a":2}\n', 'lines'],
    ['an end in the first line', '{"a":1', undefined],
    ['a long line', `{"a":"${'x'.repeat(2000)}`, 'lines'],
  ])('decides for %s', (_, text, expected) => {
    expect(layoutOf(text, false)).toBe(expected)
  })

  it.each<[string, string | undefined]>([
    ['[1,2]\n', 'lines'],
    ['[1,\n2', 'values'],
    ['[\n', undefined],
    ['[\n{', 'values'],
    ['[\n]', 'values'],
    ['[1,2\n[3', 'lines'],
  ])('takes an array for a payload where the contract accepts one: %j', (text, expected) => {
    expect(layoutOf(text, true)).toBe(expected)
  })

  it('is bounded by the limit, also with many brackets', () => {
    expect(layoutOf('[{'.repeat(5000), true, 1e6)).toBe('lines')
  })
})
