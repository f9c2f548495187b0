// multipleOf. native/core/src/validate/multiple_of.rs is the twin, bit for bit.

import type { NumericLimit } from '../../model/index.ts'

/** From here on a quotient has too few digits behind the point to tell. */
const largestQuotient = 2 ** 48

/**
 * Whether `value` is a multiple of `divisor`: of two integers exactly; else if their shortest decimal forms divide
 * exactly (20999999.9769 by 1e-8), or if the quotient is whole within its rounding (0.1 + 0.2 by 0.01). `divisor` is
 * greater than 0; both are finite. A bigint is beyond ±(2^53 - 1).
 */
export function isMultipleOf(value: number | bigint, divisor: NumericLimit): boolean {
  if (typeof value === 'bigint' || typeof divisor === 'bigint') return dividesDecimally(value, divisor)
  if (Number.isInteger(value) && Number.isInteger(divisor)) return value % divisor === 0
  const quotient = value / divisor
  const size = Math.abs(quotient)
  if (size < largestQuotient) {
    if (Math.abs(quotient - Math.round(quotient)) < 4 * Number.EPSILON * Math.max(size, 1)) return true
  }
  return size < Infinity && dividesDecimally(value, divisor)
}

/** The decimal forms are `v * 10^a` and `d * 10^b`, where neither v nor d ends in 0. */
function dividesDecimally(value: number | bigint, divisor: NumericLimit): boolean {
  const dividend = decimalOf(value)
  const { digits, exponent } = decimalOf(divisor)
  const power = dividend.exponent - exponent
  // 10 divides no v, so a smaller unit than the divisor's leaves a rest.
  if (power < 0) return dividend.digits === 0n
  // d divides v * 10^power if what 10^power does not hold of it divides v.
  return dividend.digits % without(without(digits, 2n, power), 5n, power) === 0n
}

/** The size of a number: at most 20 digits, the last one not 0 unless it is 0. */
function decimalOf(value: number | bigint): { readonly digits: bigint; readonly exponent: number } {
  if (typeof value === 'bigint') {
    const text = String(value).replace('-', '')
    const digits = text.replace(/0+$/, '')
    return { digits: BigInt(digits), exponent: text.length - digits.length }
  }
  const [mantissa = '', exponent] = Math.abs(value).toExponential().split('e')
  return { digits: BigInt(mantissa.replace('.', '')), exponent: Number(exponent) - Math.max(0, mantissa.length - 2) }
}

/** `digits` without up to `most` factors of `prime`. */
function without(digits: bigint, prime: bigint, most: number): bigint {
  let rest = digits
  for (let left = most; left > 0 && rest % prime === 0n; left--) rest /= prime
  return rest
}
