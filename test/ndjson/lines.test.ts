// Splitting newline-delimited JSON into payloads.
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isBlank,
  lines,
  LineSplitter,
  numberedLines,
  type ByteSource,
  type LinesOptions,
} from '../../src/ndjson/index.ts'
import { SidelaneError } from '../../src/model/index.ts'

const text = new TextDecoder('utf-8', { fatal: true })
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

async function split(source: ByteSource, options?: LinesOptions): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const payload of lines(source, options)) {
    found.push(payload instanceof Uint8Array ? text.decode(payload) : payload.code)
  }
  return found
}

test('a payload ends with LF, CRLF or the end of the input', async () => {
  expect(await split([bytes('1\n{"a":2}\r\n[3]')])).toEqual(['1', '{"a":2}', '[3]'])
  expect(await split([bytes('1\n')])).toEqual(['1'])
  expect(await split([])).toEqual([])
})

test('empty lines are skipped and counted', async () => {
  const found: [number, unknown][] = []
  for await (const { number, payload } of numberedLines(['1\n\n\r\n2\n'])) {
    found.push([number, payload instanceof Uint8Array && text.decode(payload)])
  }
  expect(found).toEqual([
    [1, '1'],
    [4, '2'],
  ])
})

test('chunk boundaries do not change the result, even inside a character', async () => {
  const whole = '{"a":"ü€😀"}\r\n"日本"\n\n"x"'
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40)), fc.boolean(), async (cuts, asText) => {
      const data = asText ? whole : bytes(whole)
      const places = [0, ...cuts.toSorted((a, b) => a - b), data.length]
      const chunks = places.slice(1).map((place, i) => data.slice(places[i], place))
      expect(await split(chunks as (string | Uint8Array)[])).toEqual(['{"a":"ü€😀"}', '"日本"', '"x"'])
    }),
  )
})

test('a line that is too long becomes an error, and the next line is read', async () => {
  const source = ['"1234"\n', '"12345"\n', '"', '1234567890', '1234567890"', '\r\n"12', '34"\r\n"too long"']
  expect(await split(source, { maxBytes: 6 })).toEqual([
    '"1234"',
    'limit.bytes',
    'limit.bytes',
    '"1234"',
    'limit.bytes',
  ])
  const found = []
  for await (const payload of lines(source, { maxBytes: 6 })) found.push(payload)
  expect(found[1]).toMatchObject({
    code: 'limit.bytes',
    message: 'Line 2 is longer than 6 bytes.',
    params: { line: 2 },
  })
})

test('a line that is too long is not buffered', async () => {
  const chunk = new Uint8Array(1 << 20).fill(0x20)
  let given = 0
  const source = function* (): Generator<Uint8Array> {
    for (; given < 300; given++) yield chunk.slice()
    yield bytes('\n1')
  }
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  for await (const payload of lines(source(), { maxBytes: 1000 })) {
    most = Math.max(most, process.memoryUsage().arrayBuffers)
    if (payload instanceof Uint8Array) expect(text.decode(payload)).toBe('1')
  }
  expect(given).toBe(300)
  expect(most - before).toBeLessThan(200 * 2 ** 20)
})

test('Node streams and Web streams are accepted as sources', async () => {
  expect(await split(Readable.from([Buffer.from('1\n2'), Buffer.from('3\n')]))).toEqual(['1', '23'])
  expect(await split(new Blob(['1\n2']).stream())).toEqual(['1', '2'])
})

test('leaving the loop closes the source', async () => {
  let ended = false
  const source = async function* (): AsyncGenerator<string> {
    try {
      for (;;) yield '1\n'
    } finally {
      ended = true
    }
  }
  for await (const _ of lines(source())) break
  expect(ended).toBe(true)
})

test('an invalid maxBytes is refused', async () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN]) {
    await expect(split([], { maxBytes })).rejects.toMatchObject({ code: 'options.invalid' })
  }
})

test('LineSplitter splits chunk by chunk, without copying lines that lie in one chunk', () => {
  const splitter = new LineSplitter()
  const chunk = bytes('1\n22\n3')
  const found = [...splitter.split(chunk)]
  expect(found.map(({ number }) => number)).toEqual([1, 2])
  for (const { payload } of found) expect((payload as Uint8Array).buffer).toBe(chunk.buffer)
  expect([...splitter.end()]).toEqual([{ number: 3, payload: bytes('3') }])
})

test('LineSplitter tells before its end that a line is too long', () => {
  const splitter = new LineSplitter(3)
  const told = (text: string): unknown => [[...splitter.split(bytes(text))].length, splitter.isTooLong]
  expect(['1\n234', '56', '7\n8'].map(told)).toEqual([
    [1, false],
    [0, true],
    [1, false],
  ])
})

test('isBlank is true for white space only', () => {
  const blank = (payload: Uint8Array | SidelaneError): boolean => isBlank({ number: 1, payload })
  expect([' \t\r', ' 1', '\u0001'].map((text) => blank(bytes(text)))).toEqual([true, false, false])
  expect(blank(new SidelaneError('limit.bytes'))).toBe(false)
})
