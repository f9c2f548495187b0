// wire/ against the vectors that native/wire is tested with too.
import { expect, test } from 'vitest'
import { errorTable } from '../../src/model/index.ts'
import {
  decodeClientHello,
  decodeServerHello,
  encodeClientHello,
  encodeServerHello,
  keyFingerprint,
  readPreface,
  traceFromText,
  traceIdOf,
  writeFrameHeader,
  writePreface,
  type ClientHello,
  type ServerHello,
} from '../../src/wire/index.ts'
import { read } from './read.ts'
import { fromHex, toHex, vectorsOf } from './vectors.ts'

test.each(vectorsOf('frames'))('$side reads: $description', (vector) => {
  const { frames, violation } = vector
  expect(read(vector, [fromHex(vector.bytes)])).toEqual({ frames, violation })
})

test('headers are written as in the vectors', () => {
  const whole = vectorsOf('frames').filter(
    ({ violation, frames }) => violation === undefined && frames.every(({ oversize }) => oversize === undefined),
  )
  expect(whole.length).toBeGreaterThan(4)
  for (const { bytes, frames } of whole) {
    const written = frames.map(({ kind, flags, index, id, a, b, payload }) => {
      const head = new Uint8Array(26).fill(0xee)
      writeFrameHeader(head, 1, payload.length / 2, kind, flags, index, id, a, b)
      expect([head[0], head[25]]).toEqual([0xee, 0xee])
      return toHex(head.subarray(1, 25)) + payload
    })
    expect(written.join('')).toBe(bytes)
  }
})

test.each(vectorsOf('hellos'))('HELLO of a $side: $description', (vector) => {
  const decode = vector.side === 'client' ? decodeClientHello : decodeServerHello
  expect(decode(fromHex(vector.bytes))).toEqual(vector.hello ?? vector.violation)
})

test('HELLO is written as in the vectors', () => {
  const vectors = vectorsOf('hellos').filter(({ encodes }) => encodes)
  expect(vectors.length).toBeGreaterThan(2)
  for (const { side, hello, bytes } of vectors) {
    const payload =
      side === 'client' ? encodeClientHello(hello as ClientHello) : encodeServerHello(hello as ServerHello)
    expect(toHex(payload)).toBe(bytes)
  }
})

test.each(vectorsOf('prefaces'))('the preface "$bytes"', (vector) => {
  expect(readPreface(fromHex(vector.bytes))).toEqual(vector.expect)
})

test('the preface is that of version 1', () => {
  const target = new Uint8Array(10)
  writePreface(target, 1)
  expect(readPreface(target.subarray(1))).toEqual({ version: 1 })
})

test.each(vectorsOf('traces'))('the traceparent "$text"', ({ text, expect: expected }) => {
  const bytes = traceFromText(text)
  expect(bytes && { bytes: toHex(bytes), traceId: traceIdOf(bytes) }).toEqual(expected ?? undefined)
})

test('bytes that are not a trace context of version 0 have no trace-id', () => {
  const context = traceFromText('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01') as Uint8Array
  expect(traceIdOf(context.with(0, 1))).toBeUndefined()
  expect(traceIdOf(context.slice().fill(0, 1, 17))).toBeUndefined()
  expect(traceIdOf(context.slice(1))).toBeUndefined()
})

test.each(vectorsOf('keys'))('the fingerprint of $key', ({ key, fingerprint }) => {
  expect(keyFingerprint(fromHex(key))).toBe(fingerprint)
})

test('a contract without a key has a fingerprint of zeros', () => {
  expect(keyFingerprint(undefined)).toBe('0'.repeat(32))
})

test('the codes have the numbers, statuses and messages of the vectors', () => {
  expect(
    Object.entries(errorTable).map(([code, { wire, status, message }]) => ({ code, wire, status, message })),
  ).toEqual(vectorsOf('codes'))
})
