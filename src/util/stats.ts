// The median and the percentiles of what the benchmark, `decide` and `profile` measure.

/** The median; NaN for an empty list. */
export const median = (values: readonly number[]): number => percentile(Float64Array.from(values).toSorted(), 0.5)

/** The nearest-rank percentile for `share` (0 to 1) of the sorted values; NaN for an empty list. */
export function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN
  // With an even count, the mean of the middle two.
  if (share === 0.5 && sorted.length % 2 === 0) {
    return ((sorted[sorted.length / 2 - 1] as number) + (sorted[sorted.length / 2] as number)) / 2
  }
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] as number
}
