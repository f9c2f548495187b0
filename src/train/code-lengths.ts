// Code lengths from counts: the twin of native/deflate/src/lengths.rs, which explains the method.

/** Bits behind the point of a logarithm. */
const fraction = 3
const steps = 1 << fraction

interface Exact {
  readonly symbol: number
  /** Whole bits. */
  readonly floor: number
  /** And eighths. */
  readonly fraction: number
}

/** The lengths of a complete code for the symbols whose count is above 0; 0 for all others. At most `limit` bits. */
export function assignLengths(counts: ArrayLike<number>, limit: number): Uint8Array {
  const whole = 1 << limit
  const lengths = new Uint8Array(counts.length)
  // Sums of 2^-floor for each fraction, in units of 2^-limit.
  const sums = new Uint32Array(steps)
  let total = 0
  for (let symbol = 0; symbol < counts.length; symbol++) total += counts[symbol] as number
  const logTotal = log2(total)
  const used: Exact[] = []
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const count = counts[symbol] as number
    if (count === 0) continue
    const exact = logTotal - log2(count)
    const floor = Math.min(Math.max(exact >> fraction, 1), limit)
    // At the limit nothing can be rounded up.
    const part = floor === limit ? 0 : exact % steps
    sums[part] = (sums[part] as number) + (whole >> floor)
    used.push({ symbol, floor, fraction: part })
  }

  // Rounded up are the fractions from `point` on: as few as fit.
  let sum = sums.reduce((all, one) => all + one, 0)
  let point = steps
  while (sum > whole && point > 1) {
    point--
    sum -= (sums[point] as number) >> 1
  }
  for (const exact of used) lengths[exact.symbol] = exact.floor + (exact.fraction >= point ? 1 : 0)
  if (sum > whole) sum = lengthen(used, lengths, limit, sum)
  shorten(used, lengths, limit, sum, point)
  return lengths
}

/** Makes the code fit: the longest codes grow first. Returns the new sum. */
function lengthen(used: readonly Exact[], lengths: Uint8Array, limit: number, before: number): number {
  const whole = 1 << limit
  let sum = before
  let growing = limit - 1
  while (sum > whole) {
    for (const { symbol } of used) {
      if (lengths[symbol] === growing && sum > whole) {
        lengths[symbol] = growing + 1
        sum -= whole >> (growing + 1)
      }
    }
    growing = growing === 1 ? limit - 1 : growing - 1
  }
  return sum
}

/** Makes the code complete: gives what is left to the symbols that were rounded up, then to any. */
function shorten(used: readonly Exact[], lengths: Uint8Array, limit: number, sum: number, point: number): void {
  const whole = 1 << limit
  let left = whole - sum
  /** Shortens the code by a bit where it fits; returns what that takes. */
  const give = ({ symbol }: Exact): number => {
    const length = lengths[symbol] as number
    const share = whole >> length
    if (share > left || length === 1) return 0
    lengths[symbol] = length - 1
    return share
  }
  for (let part = point; part < steps; part++) {
    for (const exact of used) {
      if (left === 0) return
      if (exact.fraction === part) left -= give(exact)
    }
  }
  while (left !== 0 && used.length > 1) {
    for (const exact of used) left -= give(exact)
  }
}

/** The logarithm in eighths, rounded down. */
function log2(value: number): number {
  const exponent = value === 0 ? 0 : 31 - Math.clz32(value)
  // The five bits behind the first one.
  const mantissa = ((value << (31 - exponent)) >>> 26) % 32
  return (exponent << fraction) + (eighths[mantissa] as number)
}

/** Floor(8 log2(1 + (i + 0.5) / 32)). */
const eighths = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7]
