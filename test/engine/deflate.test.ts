// The js engine's own DEFLATE for small payloads, judged by the decoders of zlib and fflate.
import { gunzipSync as gunzipByFflate } from 'fflate'
import { crc32 as crcOfZlib, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { adler32, crc32 } from '../../src/engine/js/deflate/checksums.ts'
import { assignLengths } from '../../src/engine/js/deflate/code-lengths.ts'
import { maxSmall, small } from '../../src/engine/js/deflate/index.ts'
import { random as seeded } from '../support/draft-figures.ts'

const random = seeded(1)
const below = (limit: number): number => Math.floor(random() * limit)
const text = '{"sku":"HOME-12345","qty":2,"unit":{"amount":4999,"currency":"EUR"},"tags":["oak"]},'

/** Bytes of one kind, by their number. */
const kinds: Readonly<Record<string, (size: number) => Uint8Array>> = {
  zeros: (size) => new Uint8Array(size),
  noise: (size) => Uint8Array.from({ length: size }, () => below(256)),
  'two symbols': (size) => Uint8Array.from({ length: size }, () => 65 + below(2)),
  'rare bytes': (size) => Uint8Array.from({ length: size }, () => Math.floor(256 * random() ** 6)),
  counter: (size) => Uint8Array.from({ length: size }, (_, i) => (i % 2 === 0 ? i >> 9 : i >> 1)),
  text: (size) => Buffer.from(text.repeat(Math.ceil(size / text.length)).slice(0, size)),
  'text with noise': (size) =>
    Uint8Array.from({ length: size }, (_, i) => (below(9) === 0 ? below(256) : text.charCodeAt(i % text.length))),
}

const check = (bytes: Uint8Array): void => {
  const body = small.gzip(bytes)
  expect(body.length).toBeLessThanOrEqual(bytes.length + 5 + 18)
  for (const back of [
    gunzipSync(body),
    gunzipByFflate(body),
    inflateSync(small.deflate(bytes)),
    inflateRawSync(small.deflateRaw(bytes)),
  ]) {
    if (!Buffer.from(bytes).equals(back)) expect.fail(`${bytes.length} bytes came back as ${back.length}`)
  }
}

describe.each(Object.entries(kinds))('%s', (_, make) => {
  test('of every length up to 600 come back', () => {
    for (let size = 0; size <= 600; size++) check(make(size))
  })

  test('of lengths around the limits come back', () => {
    for (const edge of [3801, 6144, 12_288, maxSmall]) for (let by = -4; by <= 0; by++) check(make(edge + by))
    for (let i = 0; i < 20; i++) check(make(below(maxSmall)))
  })
})

test('a payload gives the same bytes whatever came before it', () => {
  const bytes = kinds['text with noise']?.(2000) as Uint8Array
  const first = small.gzip(bytes)
  for (const before of Object.values(kinds)) {
    small.gzip(before(maxSmall))
    expect(small.gzip(bytes)).toEqual(first)
  }
})

test('a repetition is found at the largest distance', () => {
  const noise = kinds.noise?.(300) as Uint8Array
  const bytes = new Uint8Array(maxSmall)
  bytes.set(noise, 1)
  bytes.set(noise, maxSmall - noise.length)
  check(bytes)
})

test('JSON becomes about as small as by zlib', () => {
  const line = (i: number): string => text.replace('12345', String(10_000 + ((i * 7919) % 90_000)))
  const bytes = Buffer.from(Array.from({ length: 48 }, (_, i) => line(i)).join(''))
  expect(small.gzip(bytes).length).toBeLessThan(1.1 * gzipSync(bytes, { level: 1 }).length)
})

test('gzip has no time and an unknown system', () => {
  expect([...small.gzip(Buffer.from('{}')).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255])
})

test('any counts give a complete code within the limit', () => {
  for (let round = 0; round < 2000; round++) {
    const [limit, symbols] = round % 2 === 0 ? [14, 286] : [7, 19]
    const skew = below(15)
    const counts = Uint16Array.from({ length: symbols }, () => (below(4) === 0 ? 0 : below(1 << below(skew + 1))))
    const lengths = new Uint8Array(symbols)
    assignLengths(counts, limit, lengths)
    expect([...lengths].map((length) => length > 0)).toEqual([...counts].map((count) => count > 0))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(limit)
    const sum = lengths.reduce((total, length) => total + (length > 0 ? 2 ** (limit - length) : 0), 0)
    if (counts.filter((count) => count > 0).length > 1) expect(sum).toBe(2 ** limit)
  }
})

test('checksums are those of zlib', () => {
  for (const size of [0, 1, 255, 3800, 3801, 30_000]) {
    const bytes = new Uint8Array(size).fill(255)
    expect(crc32(bytes) >>> 0).toBe(crcOfZlib(bytes))
    const tail = Buffer.alloc(4)
    tail.writeInt32BE(adler32(bytes))
    expect(tail).toEqual(Buffer.from(small.deflate(bytes).subarray(-4)))
  }
})
