// The one definition of a percentile: nearest rank, and the mean of the middle two as the median of an even count.
import { expect, test } from 'vitest'
import { median, percentile } from '../../src/util/stats.ts'

const to = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => i + 1)

test.each([
  [100, 0.99, 99],
  [101, 0.99, 100],
  [20, 0.99, 20],
  [10, 0.9, 9],
  [5, 0.5, 3],
  [4, 0.5, 2.5],
  [1, 0.99, 1],
  [3, 0, 1],
  [3, 1, 3],
])('of 1 to %d, %d is %d', (count, share, expected) => {
  expect(percentile(to(count), share)).toBe(expected)
})

test('the median sorts by value', () => {
  expect(median([10, 9, 100])).toBe(10)
  expect(median([])).toBeNaN()
})
