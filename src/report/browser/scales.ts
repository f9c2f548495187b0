// Ticks and bounds of the axes.

/** Ticks of a logarithmic axis, at most `most`: powers of ten, with 2 and 5 between them where there is room. */
export function logTicks(low: number, high: number, most: number): number[] {
  const first = Math.floor(Math.log10(low))
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => 10 ** (first + index))
  const inside = (tick: number): boolean => tick >= low * 0.999 && tick <= high * 1.001
  const ticks = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(inside)
  if (ticks.length <= most) return ticks
  const whole = powers.filter(inside)
  const every = Math.ceil(whole.length / most)
  return whole.filter((_, index) => index % every === 0)
}

/** Round steps from 0 to `high`, at most `most` and one. */
export function linearTicks(high: number, most: number): number[] {
  const rough = high / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => index * step)
}

/** Bounds with some room around all of `values`, for a logarithmic axis. */
export const logDomain = (values: readonly number[]): [number, number] => [
  Math.min(...values) / 1.25,
  Math.max(...values) * 1.25,
]
