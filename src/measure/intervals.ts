// The interval of a median, by order statistics: no assumption about the distribution.

import { median } from '../util/stats.ts'

export interface MedianInterval {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** The values between which the true median is with 90 % confidence or more; with fewer than five values, all of them. */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = [...values].sort((a, b) => a - b)
  const drop = dropped(sorted.length)
  return {
    median: median(sorted),
    low: sorted[drop] ?? Number.NaN,
    high: sorted[sorted.length - 1 - drop] ?? Number.NaN,
  }
}

/** How many of the smallest and of the largest values stay outside: the most for which 5 % or less lie on each side. */
function dropped(count: number): number {
  let [choose, below, drop] = [1, 1 / 2 ** count, 0]
  while (drop + 1 < count / 2) {
    choose = (choose * (count - drop)) / (drop + 1)
    const next = below + choose / 2 ** count
    if (next > 0.05) break
    below = next
    drop++
  }
  return drop
}
