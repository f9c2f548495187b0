// multipleOf for doubles, where 19.99 is a multiple of 0.01. native/core has the same formula, bit for bit.

/** From here on a quotient has too few digits behind the point to tell. */
const largestQuotient = 2 ** 48

/** `divisor` is greater than 0; both are finite. */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (Number.isSafeInteger(value)) {
    if (Number.isSafeInteger(divisor)) return value % divisor === 0
    if (Number.isSafeInteger(1 / divisor)) return true
  }
  const quotient = value / divisor
  const size = Math.abs(quotient)
  if (!(size < largestQuotient)) return false
  return Math.abs(quotient - Math.round(quotient)) < 4 * Number.EPSILON * Math.max(size, 1)
}
