// decompress(): exactly one complete member within the limit, for every codec of this runtime.
import * as zlib from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { decompress } from '../../src/engine/index.ts'
import type { Codec } from '../../src/model/index.ts'
import { readZstdFrame } from '../../src/engine/zstd-frame.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'

const text = JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ quantity: (i * i) % 100, sku: `sku-${i % 7}` })))
const bytes = Buffer.from(text)
const zeros = Buffer.alloc(32 << 20)
const hasZstd = 'zstdCompressSync' in zlib
const zstd = (data: Buffer, options: object = {}): Buffer =>
  (zlib as unknown as { zstdCompressSync(data: Buffer, options: object): Buffer }).zstdCompressSync(data, options)

const compressors: Readonly<Record<Exclude<Codec, 'none'>, (data: Buffer) => Buffer>> = {
  gzip: (data) => zlib.gzipSync(data),
  deflate: (data) => zlib.deflateSync(data),
  'deflate-raw': (data) => zlib.deflateRawSync(data),
  brotli: (data) => zlib.brotliCompressSync(data, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  zstd: (data) => zstd(data, { params: { 201: 1 } }),
}
const maxBytes = 1 << 20

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const codeFor = (body: Uint8Array, codec: Codec, limit = maxBytes): string =>
  codeOf(() => decompress(body, codec, { maxBytes: limit }))

/** The results of the body with each of its bits flipped. Some bits are unused: padding, a flag, gzip's time. */
function flippedAnswers(body: Buffer, codec: Codec): readonly string[] {
  const answers = new Set<string>()
  for (let bit = 0; bit < body.length * 8; bit++) {
    const damaged = Buffer.from(body)
    damaged[bit >>> 3] = (damaged[bit >>> 3] as number) ^ (1 << (bit & 7))
    try {
      const content = Buffer.from(decompress(damaged, codec, { maxBytes }))
      answers.add(content.equals(bytes) ? 'the same content' : 'another content')
    } catch (error) {
      answers.add((error as { code: string }).code)
    }
  }
  expect(['the same content', 'another content', 'codec.corrupt', 'limit.output']).toEqual(
    expect.arrayContaining([...answers]),
  )
  return [...answers]
}

describe.each(Object.keys(compressors) as (keyof typeof compressors)[])('%s', (codec) => {
  beforeEach((context) => {
    if (codec === 'zstd' && !hasZstd) context.skip('this Node has no zstd')
  })
  const compress = (data: Buffer): Buffer => compressors[codec](data)

  test('a body is decompressed up to the limit', () => {
    expect(Buffer.from(decompress(compress(bytes), codec, { maxBytes: bytes.length })).toString()).toBe(text)
    expect(decompress(compress(Buffer.alloc(0)), codec, { maxBytes: 1 })).toHaveLength(0)
    expect(codeFor(compress(bytes), codec, bytes.length - 1)).toBe('limit.output')
  })

  test('the result is not a Buffer, and the body may be a view of one', () => {
    const body = compress(bytes)
    const within = Buffer.concat([Buffer.from('head'), body, Buffer.from('tail')]).subarray(4, 4 + body.length)
    const got = decompress(within, codec, { maxBytes })
    expect(Object.getPrototypeOf(got)).toBe(Uint8Array.prototype)
    expect(Buffer.from(got).toString()).toBe(text)
  })

  test('a truncated body is corrupt', () => {
    const body = compress(bytes)
    for (let end = 0; end < body.length; end++)
      expect(codeFor(body.subarray(0, end), codec), `${end}`).toBe('codec.corrupt')
  })

  test('trailing bytes are corrupt: a byte, a zero, a second member', () => {
    const body = compress(bytes)
    for (const more of [Buffer.from('x'), Buffer.alloc(1), Buffer.alloc(600), body, compress(Buffer.alloc(0))]) {
      expect(codeFor(Buffer.concat([body, more]), codec)).toBe('codec.corrupt')
    }
  })

  test('a flipped bit is detected or without effect where the format has a checksum, and never crashes', () => {
    const answers = flippedAnswers(compress(bytes), codec)
    if (codec !== 'brotli' && codec !== 'deflate-raw') expect(answers).not.toContain('another content')
    expect(answers).toContain('codec.corrupt')
  })

  test('a bomb stops at the limit', () => {
    const bomb = compress(zeros)
    expect(bomb.length).toBeLessThan(64 << 10)
    const before = process.memoryUsage().arrayBuffers
    expect(codeFor(bomb, codec)).toBe('limit.output')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    expect(codeFor(bomb, codec, zeros.length)).toBe('none')
  })

  test('another codec is corrupt', () => {
    for (const other of ['gzip', 'deflate', 'zstd'] as const) {
      if (other === codec || (other === 'zstd' && !hasZstd)) continue
      expect(codeFor(compress(bytes), other), other).toBe('codec.corrupt')
    }
  })
})

describe('gzip headers', () => {
  const plain = zlib.gzipSync(bytes)
  const withHeader = (flags: number, ...fields: Buffer[]): Buffer => {
    const head = Buffer.concat([plain.subarray(0, 10), ...fields])
    head[3] = flags
    return head
  }

  test('extra fields, a name, a comment and a header checksum are skipped', () => {
    const head = withHeader(31, Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0'), Buffer.from('comment\0'))
    head[3] = 4 | 8 | 16 | 2
    const crc = Buffer.alloc(2)
    crc.writeUInt16LE(zlib.crc32(head) & 0xffff)
    const body = Buffer.concat([head, crc, plain.subarray(10)])
    expect(Buffer.from(decompress(body, 'gzip', { maxBytes })).toString()).toBe(text)
    body[5] = 1
    expect(codeFor(body, 'gzip')).toBe('codec.corrupt')
  })

  test('reserved flags and an unterminated name are corrupt', () => {
    expect(codeFor(Buffer.concat([withHeader(32), plain.subarray(10)]), 'gzip')).toBe('codec.corrupt')
    expect(codeFor(withHeader(8, Buffer.from('name')), 'gzip')).toBe('codec.corrupt')
  })
})

describe('zstd through the native engine', () => {
  const frames = (context: Parameters<typeof needEngine>[1]): Buffer => {
    const compiled = needEngine('native', context).compile(contractOf({}, { compress: { codec: 'zstd', level: 3 } }))
    const outcome = compiled.process(bytes, false)
    if (!outcome.ok) throw new Error(outcome.code)
    expect(canonicalText(outcome)).toHaveLength(outcome.canonicalBytes)
    return Buffer.from(outcome.body)
  }

  test('truncated, flipped, doubled and followed bodies are corrupt', (context) => {
    const body = frames(context)
    for (let end = 0; end < body.length; end++) expect(codeFor(body.subarray(0, end), 'zstd')).toBe('codec.corrupt')
    expect(codeFor(Buffer.concat([body, body]), 'zstd')).toBe('codec.corrupt')
    expect(codeFor(Buffer.concat([body, Buffer.alloc(1)]), 'zstd')).toBe('codec.corrupt')
    expect(flippedAnswers(body, 'zstd')).toEqual(expect.not.arrayContaining(['another content']))
    expect(codeFor(body, 'zstd', 1000)).toBe('limit.output')
  })

  test('the frame reader finds the end and the content size of its frames', (context) => {
    const body = frames(context)
    const expected = { size: body.length, contentBytes: text.length }
    expect(readZstdFrame(body)).toEqual(expected)
    expect(readZstdFrame(Buffer.concat([body, body]))).toEqual(expected)
    for (let end = 0; end < body.length; end++) expect(readZstdFrame(body.subarray(0, end))).toBeUndefined()
  })
})

test('codec none is the body itself, copied', () => {
  const got = decompress(bytes, 'none', { maxBytes })
  expect(Buffer.from(got).toString()).toBe(text)
  expect(got.buffer).not.toBe(bytes.buffer)
  expect(codeFor(bytes, 'none', 10)).toBe('limit.output')
})

test('invalid options are rejected', () => {
  expect(codeFor(bytes, 'lzma' as Codec)).toBe('codec.unknown')
  expect(codeFor(bytes, 'toString' as Codec)).toBe('codec.unknown')
  for (const limit of [0, -1, 1.5, Number.NaN, 2 ** 31, undefined]) {
    expect(codeFor(bytes, 'gzip', limit as number), String(limit)).toBe(
      limit === undefined ? 'codec.corrupt' : 'options.invalid',
    )
  }
  expect(codeFor('text' as never, 'gzip')).toBe('options.invalid')
  expect(codeOf(() => decompress(bytes, 'gzip', { maxBytes, dictionary: bytes }))).toBe('options.invalid')
})

test('a body in shared memory is read as a copy', () => {
  const body = zlib.gzipSync(bytes)
  const shared = new Uint8Array(new SharedArrayBuffer(body.length))
  shared.set(body)
  expect(Buffer.from(decompress(shared, 'gzip', { maxBytes })).toString()).toBe(text)
})
