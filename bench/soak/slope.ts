// How much a series grows: its slope, which single values do not move, over the time after the warm-up.

import { median } from '../../src/util/stats.ts'

export interface Sample {
  /** Seconds since the start. */
  readonly at: number
  readonly value: number
}

export interface Growth {
  readonly median: number
  /** Per minute. */
  readonly slope: number
  /** Slope times the measured time. */
  readonly growth: number
}

/** Share of the time that is warm-up. */
const warmUp = 0.3

/** undefined: there are too few values. */
export function growthOf(series: readonly Sample[]): Growth | undefined {
  const known = series.filter(({ value }) => Number.isFinite(value))
  const start = (known[0]?.at ?? 0) + warmUp * ((known.at(-1)?.at ?? 0) - (known[0]?.at ?? 0))
  const samples = known.filter(({ at }) => at >= start)
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || samples.length < 4) return undefined
  const perSecond = theilSen(samples)
  return {
    median: median(samples.map(({ value }) => value)),
    slope: perSecond * 60,
    growth: perSecond * (last.at - first.at),
  }
}

/** The median of the slopes of all pairs. */
function theilSen(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, i) =>
    samples.slice(i + 1).map((other) => (other.value - one.value) / (other.at - one.at)),
  )
  return median(slopes)
}

export type Quantity = 'rss' | 'descriptors' | 'threads' | 'p99'

/** What the growth over the measured time may be: the larger of a share of the median and of an amount. */
const allowances: Readonly<Record<Quantity, { readonly share: number; readonly amount: number }>> = {
  rss: { share: 0.15, amount: 32 * 2 ** 20 },
  descriptors: { share: 0.2, amount: 8 },
  threads: { share: 0.2, amount: 4 },
  // In ms. It depends on what else the machine does.
  p99: { share: 1, amount: 25 },
}

export function allowanceOf(quantity: Quantity, median: number): number {
  const { share, amount } = allowances[quantity]
  return Math.max(amount, share * median)
}

/** True when the growth is within what is allowed, or is not known. */
export const isFlat = (quantity: Quantity, growth: Growth | undefined): boolean =>
  growth === undefined || growth.growth <= allowanceOf(quantity, growth.median)
