// Reads in flight: the timer of the oldest one.
import { afterEach, expect, test, vi } from 'vitest'
import type { SharedQuery } from '../../src/model/index.ts'
import { PendingReads } from '../../src/redis-cache/reads.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a read that begins after the timer of another one fired leaves no timer behind', () => {
  vi.useFakeTimers()
  const onTimeout = vi.fn()
  const reads = new PendingReads({ timeoutMs: 50, send: () => {}, onTimeout })
  const add = (): { release(): void } => reads.add('key', { inBytes: 1 } as SharedQuery, performance.now(), () => {})
  const first = add()
  // The timer fires; what it asks `setImmediate` for waits.
  vi.advanceTimersToNextTimer()
  first.release()
  const second = add()
  vi.advanceTimersByTime(1)
  second.release()
  expect([vi.getTimerCount(), onTimeout.mock.calls.length]).toEqual([0, 0])
})
