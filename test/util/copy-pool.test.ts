// The copy pool: pieces share memory, and no piece has the bytes of another one.
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { CopyPool } from '../../src/util/copy-pool.ts'

const source = Uint8Array.from({ length: 5000 }, (_, i) => i % 251)

test('pieces stay equal to what was copied, whatever is written to the others', () => {
  const pool = new CopyPool()
  const lengths = Array.from({ length: 200 }, (_, i) => (i * 37) % 2100)
  const pieces = lengths.map((length) => pool.copy(source, 3, 3 + length))
  for (const [at, piece] of pieces.entries()) {
    expect(Buffer.compare(piece, source.subarray(3, 3 + (lengths[at] as number)))).toBe(0)
    piece.fill(255)
  }
})

test('small pieces share a buffer of 8 KiB, a longer one has its own', () => {
  const pool = new CopyPool()
  const [first, second, long] = [pool.copy(source, 0, 100), pool.copy(source, 0, 100), pool.copy(source, 0, 4000)]
  expect(first.buffer).toBe(second.buffer)
  expect(first.buffer.byteLength).toBe(8192)
  expect(long.buffer.byteLength).toBe(4000)
})

test('the transfer of a piece leaves the others as they are', () => {
  const pool = new CopyPool()
  const [first, second] = [pool.copy(source, 0, 100), pool.copy(source, 0, 100)]
  const { port1, port2 } = new MessageChannel()
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    port1.postMessage(first, [first.buffer])
  } catch (error) {
    // Since Node 21.
    expect((error as Error).name).toBe('DataCloneError')
  } finally {
    port1.close()
    port2.close()
  }
  expect([first.length, second.length]).toEqual([100, 100])
  expect(pool.copy(source, 0, 100)).toEqual(source.slice(0, 100))
})
