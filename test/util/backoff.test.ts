// The backoff, on a clock that the test moves.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Backoff } from '../../src/util/backoff.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const options = { firstMs: 10, maxMs: 100 }

test('the first attempt may be made at once', () => {
  expect(new Backoff(options).waitMs).toBe(0)
})

test('the pause doubles with each failure up to its maximum, with a jitter of 50 to 150 %', () => {
  for (const [random, jitter] of [
    [0, 0.5],
    [0.5, 1],
  ] as const) {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const backoff = new Backoff(options)
    const pauses = Array.from({ length: 6 }, () => {
      backoff.fail()
      return backoff.waitMs
    })
    expect(pauses).toEqual([10, 20, 40, 80, 100, 100].map((ms) => jitter * ms))
  }
})

test('the pause ends with time, or with a reset', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const backoff = new Backoff(options)
  backoff.fail()
  vi.advanceTimersByTime(4)
  expect(backoff.waitMs).toBe(6)
  vi.advanceTimersByTime(6)
  expect(backoff.waitMs).toBe(0)
  backoff.fail()
  backoff.reset()
  expect([backoff.waitMs, backoff.failures]).toEqual([0, 0])
})
