// The decoder with bytes in chunks of any size.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameDecoder, headerBytes, kinds, writeFrameHeader } from '../../src/wire/index.ts'
import { read, seen, silentSink } from './read.ts'
import { fromHex, vectorsOf, type FrameVector, type SeenFrame } from './vectors.ts'

const vectors = vectorsOf('frames')

const requestOf = (id: number, payload: Uint8Array, length: number = payload.length): Uint8Array => {
  const bytes = new Uint8Array(headerBytes + payload.length)
  writeFrameHeader(bytes, 0, length, kinds.request, 0, 0, id, 0, 0)
  bytes.set(payload, headerBytes)
  return bytes
}
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

describe('decodes the same frames', () => {
  test.each(vectors)('when the bytes are cut anywhere: $description', (vector) => {
    const bytes = fromHex(vector.bytes)
    const { frames, violation } = vector
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read(vector, [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual({ frames, violation })
    }
  })

  test.each(vectors)('when the bytes come one by one: $description', (vector) => {
    const { frames, violation } = vector
    expect(
      read(
        vector,
        Array.from(fromHex(vector.bytes), (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual({ frames, violation })
  })

  test('when many are cut at random', () => {
    const vector = vectors[0] as FrameVector
    const bytes = fromHex(vector.bytes)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, i) => bytes.slice(places[i], end))
        expect(read(vector, pieces)).toEqual({ frames: vector.frames, violation: undefined })
      }),
    )
  })
})

test('a thousand frames in one chunk are delivered in order, without a copy', () => {
  const chunk = joined(...Array.from({ length: 1000 }, (_, i) => requestOf(i + 1, ascii(`[${i}]`))))
  const texts: string[] = []
  const decoder = new FrameDecoder('server', {
    ...silentSink,
    frame(_, payload, own) {
      expect(payload.buffer).toBe(chunk.buffer)
      expect(own).toBe(false)
      texts.push(Buffer.from(payload).toString())
    },
  })
  decoder.push(chunk)
  expect(texts).toEqual(Array.from({ length: 1000 }, (_, i) => `[${i}]`))
})

test('the payload of a frame that crosses chunks may be kept', () => {
  const kept: Uint8Array[] = []
  const decoder = new FrameDecoder('server', {
    ...silentSink,
    frame: (_, payload, own) => void (own && kept.push(payload)),
  })
  const chunk = requestOf(1, ascii('[1,2,3]'))
  const first = chunk.slice(0, 28)
  const second = chunk.slice(28)
  decoder.push(first)
  decoder.push(second)
  first.fill(0)
  second.fill(0)
  expect(kept.map((payload) => Buffer.from(payload).toString())).toEqual(['[1,2,3]'])
})

test('random bytes never throw, and nothing is delivered after a violation', () => {
  fc.assert(
    fc.property(fc.constantFrom('server' as const, 'client' as const), fc.array(fc.uint8Array()), (side, pieces) => {
      let ended = false
      const early = (): void => expect(ended).toBe(false)
      const decoder = new FrameDecoder(side, {
        ...silentSink,
        frame: early,
        oversize: early,
        violation() {
          early()
          ended = true
        },
      })
      for (const piece of pieces) decoder.push(piece)
    }),
  )
})

test('a skipped frame is discarded, in one chunk and in many', () => {
  const bytes = joined(requestOf(1, ascii('[1]')), requestOf(2, ascii('[2]')), requestOf(3, ascii('[3]')))
  for (const size of [1, 5, 24, 30, bytes.length]) {
    const frames: SeenFrame[] = []
    const decoder = new FrameDecoder('server', {
      ...silentSink,
      open: ({ id }) => (id === 2 ? 'skip' : 'take'),
      frame: (head, payload) => void frames.push(seen(head, payload)),
    })
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size))
    expect(frames.map(({ id }) => id)).toEqual([1, 3])
  }
})

test('a header is checked on arrival, before the body', () => {
  const opened: string[] = []
  const decoder = new FrameDecoder('server', {
    ...silentSink,
    open: ({ id }) => {
      opened.push(`open ${id}`)
      return 'take'
    },
    oversize: ({ id, length }) => void opened.push(`oversize ${id}: ${length}`),
    violation: (message) => void opened.push(message),
  })
  decoder.push(requestOf(1, new Uint8Array(0), 1))
  decoder.push(Uint8Array.of(0x31))
  decoder.push(requestOf(2, new Uint8Array(100)).subarray(0, headerBytes))
  decoder.push(new Uint8Array(100))
  decoder.push(requestOf(3, new Uint8Array(0), 129))
  expect(opened).toEqual(['open 1', 'oversize 2: 100', 'a REQUEST has 129 bytes, more than twice the cap of 64'])
})

test('midFrame is true while a frame is incomplete', () => {
  const decoder = new FrameDecoder('server', { ...silentSink, open: ({ id }) => (id === 2 ? 'skip' : 'take') })
  const states = [requestOf(1, ascii('[1]')), requestOf(2, ascii('[2]'))].flatMap((frame) =>
    [
      [0, 1],
      [1, 24],
      [24, 26],
      [26, 27],
    ].map(([from, to]) => {
      decoder.push(frame.subarray(from, to))
      return decoder.midFrame
    }),
  )
  // After the header the body is still missing.
  expect(states).toEqual([true, true, true, false, true, true, true, false])
})

test('a stopped decoder delivers nothing more', () => {
  const ids: number[] = []
  const decoder: FrameDecoder = new FrameDecoder('server', {
    ...silentSink,
    frame({ id }) {
      ids.push(id)
      if (id === 2) decoder.stop()
    },
  })
  decoder.push(joined(requestOf(1, ascii('1')), requestOf(2, ascii('2')), requestOf(3, ascii('3'))))
  decoder.push(requestOf(4, ascii('4')))
  expect(ids).toEqual([1, 2])
  expect(decoder.midFrame).toBe(false)
})

test('changed caps apply from the next frame on', () => {
  let request = 2
  const frames: SeenFrame[] = []
  const decoder = new FrameDecoder('server', {
    ...silentSink,
    get caps() {
      return { request, answer: 0 }
    },
    frame(head, payload) {
      request = 3
      frames.push(seen(head, payload))
    },
    oversize: (head) => void frames.push(seen(head, undefined)),
  })
  decoder.push(joined(requestOf(1, ascii('123')), requestOf(2, ascii('12')), requestOf(3, ascii('123'))))
  expect(frames.map(({ oversize }) => oversize)).toEqual([3, undefined, undefined])
})
