// Pieces of bytes that become one value.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JoinedBytes } from '../../src/util/joined-bytes.ts'

test('gives the pieces of each value in their order, and no byte of the value before', () => {
  const piece = fc.uint8Array({ maxLength: 9 })
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 20 }), { maxLength: 4 }), (values) => {
      const joined = new JoinedBytes(180)
      for (const pieces of values) {
        for (const one of pieces) joined.add(one)
        const whole = pieces.flatMap((one) => [...one])
        expect(joined.size).toBe(whole.length)
        expect([...joined.take()]).toEqual(whole)
      }
    }),
  )
})

test('a single piece is not copied, and never written to', () => {
  const joined = new JoinedBytes(8)
  const memory = new Uint8Array([1, 2, 3, 4])
  joined.add(memory.subarray(0, 2))
  expect(joined.take().buffer).toBe(memory.buffer)
  joined.add(memory.subarray(0, 2))
  joined.add(new Uint8Array([9]))
  expect([...joined.take()]).toEqual([1, 2, 9])
  expect([...memory]).toEqual([1, 2, 3, 4])
})

test('the buffer never becomes larger than the limit', () => {
  const joined = new JoinedBytes(100)
  for (let i = 0; i < 90; i++) joined.add(new Uint8Array([i]))
  expect(joined.take().buffer.byteLength).toBeLessThanOrEqual(100)
})
