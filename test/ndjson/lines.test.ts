// Splitting newline-delimited JSON into payloads.
import { once } from 'node:events'
import { createServer, request as clientRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  isBlank,
  JsonValueSplitter,
  lines,
  LineSplitter,
  numberedLines,
  type ByteSource,
  type LinesOptions,
} from '../../src/ndjson/index.ts'
import { SidelaneError } from '../../src/model/index.ts'
import { inline } from '../rollout/rollout-kit.ts'

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

test('a line in chunks of one byte takes memory of its size, not of their number', async () => {
  const splitters = [new LineSplitter(1 << 26), new JsonValueSplitter({ maxBytes: 1 << 26, unpacksArrays: true })]
  for (const splitter of splitters) {
    const before = process.memoryUsage()
    const chunk = bytes('7')
    for (let i = 0; i < 1_000_000; i++) expectNothing(splitter.split(chunk))
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    const [line] = [...splitter.end()]
    expect(line?.payload).toHaveLength(1_000_000)
    expect(heapUsed - before.heapUsed + arrayBuffers - before.arrayBuffers).toBeLessThan(60 * 2 ** 20)
  }
})

const expectNothing = (found: Iterator<unknown>): void => {
  if (found.next().done !== true) expect.unreachable()
}

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

describe('a source that waits for data is closed at once', () => {
  const idle = (): Readable => new Readable({ read() {} })

  test('a Node stream, also before its first chunk', async () => {
    for (const given of ['1\n', '']) {
      const source = idle()
      if (given !== '') source.push(given)
      const found = lines(source)
      if (given !== '') await found.next()
      const waiting = found.next()
      await Promise.resolve()
      expect(await found.return?.()).toEqual({ done: true, value: undefined })
      expect(source.destroyed).toBe(true)
      expect(await waiting).toEqual({ done: true, value: undefined })
    }
  })

  test('a Web stream, which gets the reason', async () => {
    let cancelled: unknown
    const source = new ReadableStream<string>({ cancel: (reason) => void (cancelled = reason) })
    const found = lines(source)
    const waiting = found.next()
    await Promise.resolve()
    await found.return?.('enough')
    expect(cancelled).toBe('enough')
    expect(source.locked).toBe(false)
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  test('a Web stream at its last line, which no line end follows', async () => {
    const source = ReadableStream.from(['a\nb'])
    for await (const line of lines(source)) if (text.decode(line as Uint8Array) === 'b') break
    expect(source.locked).toBe(false)
  })

  test('before anything was read', async () => {
    const source = idle()
    await lines(source).return?.()
    expect(source.destroyed).toBe(true)
  })

  test('by leaving the loop over the outcomes', async () => {
    const processor = await inline()
    for (const wrap of [lines, (source: Readable): Readable => source]) {
      const source = idle()
      source.push('1\n')
      for await (const item of processor.stream(wrap(source))) {
        expect(item.ok).toBe(false)
        break
      }
      expect(source.destroyed).toBe(true)
    }
  })

  test('but not the connection of a request before its response', async () => {
    const processor = await inline()
    const server = createServer((request, response) => {
      void (async () => {
        for await (const { ok } of processor.stream(lines(request))) return response.writeHead(ok ? 200 : 422).end()
      })()
    }).listen(0)
    onTestFinished(() => server.close().closeAllConnections())
    await once(server, 'listening')
    const client = clientRequest({ port: (server.address() as AddressInfo).port, method: 'POST' })
    client.write('{}\n')
    const [response] = (await once(client, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(422)
    client.destroy()
  })
})

test('the next lines may be asked for at once', async () => {
  const found = lines(Readable.from(['1\n2', '\n3\n']))
  const all = await Promise.all([found.next(), found.next(), found.next(), found.next()])
  expect(all.map(({ value }) => value && text.decode(value as Uint8Array))).toEqual(['1', '2', '3', undefined])
})

test('an error of the source is thrown once', async () => {
  const source = function* (): Generator<string> {
    yield '1\n2'
    throw new Error('torn')
  }
  const found = lines(source())
  await found.next()
  await expect(found.next()).rejects.toThrow('torn')
  expect(await found.next()).toEqual({ done: true, value: undefined })
})

test('the whole input may be given', async () => {
  expect(await split('1\n2')).toEqual(['1', '2'])
  expect(await split(Buffer.from('1\n2'))).toEqual(['1', '2'])
})

test('what cannot be read is refused', async () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN]) {
    await expect(split([], { maxBytes })).rejects.toMatchObject({ code: 'options.invalid' })
  }
  for (const options of [{ maxByte: 1 }, null, 5]) {
    expect(() => numberedLines([], options as LinesOptions)).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        message: expect.stringContaining('`numberedLines`') as string,
      }),
    )
  }
  for (const source of [undefined, 5, {}]) {
    expect(() => lines(source as unknown as ByteSource)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  }
  let closed = false
  const source = function* (): Generator<Uint8Array> {
    try {
      yield new Uint16Array(2) as unknown as Uint8Array
    } finally {
      closed = true
    }
  }
  await expect(split(source())).rejects.toMatchObject({ code: 'options.invalid' })
  expect(closed).toBe(true)
})

test('LineSplitter splits chunk by chunk, without copying lines that lie in one chunk', () => {
  const splitter = new LineSplitter(1 << 26)
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

test('chunks of another realm have lines, blank ones too', async () => {
  const foreign = runInNewContext('Uint8Array.from([91, 55, 93, 10, 32, 10, 49])') as Uint8Array
  for (const source of [foreign, [foreign]]) {
    const found: unknown[] = []
    for await (const line of numberedLines(source)) {
      found.push([line.number, isBlank(line), text.decode(line.payload as Uint8Array)])
    }
    expect(found).toEqual([
      [1, false, '[7]'],
      [2, true, ' '],
      [3, false, '1'],
    ])
  }
})

test('isBlank is true for white space only', () => {
  const blank = (payload: Uint8Array | SidelaneError): boolean => isBlank({ number: 1, payload })
  expect([' \t\r', ' 1', '\u0001'].map((text) => blank(bytes(text)))).toEqual([true, false, false])
  expect(blank(new SidelaneError('limit.bytes'))).toBe(false)
})
