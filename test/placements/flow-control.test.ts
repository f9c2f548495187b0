// Congestion window, retry budget and drain estimate, each by itself and with given times.
import { describe, expect, test } from 'vitest'
import { CongestionWindow, DrainEstimator, RetryBudget } from '../../src/placements/sidecar/flow-control.ts'

describe('a congestion window', () => {
  const answers = (window: CongestionWindow, count: number): void => {
    for (let i = 0; i < count; i++) window.onAnswer()
  }

  test('starts at the limit of the daemon and never exceeds it', () => {
    const window = new CongestionWindow(8)
    expect(window.size).toBe(8)
    answers(window, 100)
    expect(window.size).toBe(8)
  })

  test('is halved by an overload, and never below one', () => {
    const window = new CongestionWindow(8)
    const sizes = [1, 2, 3, 4, 5].map((id) => {
      window.onOverload(id, id)
      return window.size
    })
    expect(sizes).toEqual([4, 2, 1, 1, 1])
  })

  test('counts refusals of requests that were sent before the cut as the same overload', () => {
    const window = new CongestionWindow(64)
    window.onOverload(10, 64)
    for (let id = 11; id <= 64; id++) window.onOverload(id, 64)
    expect(window.size).toBe(32)
    window.onOverload(65, 70)
    expect(window.size).toBe(16)
  })

  test('grows by one for each window of answers', () => {
    const window = new CongestionWindow(8)
    window.onOverload(1, 8)
    answers(window, 3)
    expect(window.size).toBe(4)
    answers(window, 1)
    expect(window.size).toBe(5)
    answers(window, 5 + 6 + 7)
    expect(window.size).toBe(8)
  })

  test('starts to count answers again after a cut', () => {
    const window = new CongestionWindow(8)
    window.onOverload(1, 1)
    answers(window, 3)
    window.onOverload(2, 2)
    answers(window, 1)
    expect(window.size).toBe(2)
  })
})

describe('a retry budget', () => {
  const spendAll = (budget: RetryBudget, calls: number, now: number): number => {
    let retries = 0
    while (budget.spend(calls, now)) retries++
    return retries
  }

  test('starts with 100 retries', () => {
    expect(spendAll(new RetryBudget(0), 0, 0)).toBe(100)
  })

  test('gains a retry for ten calls and for each tenth of a second', () => {
    const budget = new RetryBudget(0)
    spendAll(budget, 0, 0)
    expect(spendAll(budget, 9, 0)).toBe(0)
    expect(spendAll(budget, 55, 0)).toBe(5)
    expect(spendAll(budget, 55, 350)).toBe(4)
  })

  test('saves no more than 100 retries', () => {
    const budget = new RetryBudget(0)
    expect(spendAll(budget, 1_000_000, 3_600_000)).toBe(100)
  })
})

describe('a drain estimator', () => {
  const { sampleCalls } = DrainEstimator

  test('moves by a tenth toward the time per call of each sample', () => {
    const estimator = new DrainEstimator()
    expect(estimator.msPerCall).toBeCloseTo(0.1)
    estimator.sample(1000)
    expect(estimator.msPerCall).toBeCloseTo(0.1)
    estimator.sample(1000 + sampleCalls * 1.1)
    expect(estimator.msPerCall).toBeCloseTo(0.2)
  })

  test('ignores a sample with a pause between the calls', () => {
    const estimator = new DrainEstimator()
    estimator.sample(0)
    estimator.sample(sampleCalls * 100)
    expect(estimator.msPerCall).toBeCloseTo(0.1)
  })
})
