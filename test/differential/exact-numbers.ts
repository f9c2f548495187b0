// An independent oracle of `numbers: 'int64'`: what a number's text means, in exact arithmetic of bigints.

/** A bigint: an integer with all digits, beyond ±(2^53 - 1). */
export type ExactNumber = number | bigint

const smallest = -(2n ** 63n)
const largest = 2n ** 64n - 1n

/** The number of a JSON text; undefined: `number.unsafe_integer`. The text is within the doubles. */
export function readExact(text: string): ExactNumber | undefined {
  const double = Number(text)
  if (Math.abs(double) < 2 ** 53) return double + 0
  if (!/^-?\d+$/.test(text)) return undefined
  const integer = BigInt(text)
  return integer >= smallest && integer <= largest ? integer : undefined
}

/** RFC 8785, but with all digits of a wide integer. */
export const canonicalNumber = (value: ExactNumber): string =>
  typeof value === 'bigint' ? String(value) : JSON.stringify(value)

export const isWhole = (value: ExactNumber): boolean => typeof value === 'bigint' || Number.isInteger(value)

/** Less than 0, 0, or more: as the numbers themselves compare. */
export function compareExact(a: ExactNumber, b: ExactNumber): number {
  const [left, right] = [fractionOf(a), fractionOf(b)]
  const difference = left.over * right.under - right.over * left.under
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}

interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

/** A double is a whole number of some power of two. */
function fractionOf(value: ExactNumber): Fraction {
  if (typeof value === 'bigint') return { over: value, under: 1n }
  let [over, under] = [value, 1n]
  while (!Number.isInteger(over)) {
    over *= 2
    under *= 2n
  }
  return { over: BigInt(over), under }
}

/** docs/contract.md, "multipleOf". */
export function isMultiple(value: ExactNumber, divisor: ExactNumber): boolean {
  const areDoubles = typeof value === 'number' && typeof divisor === 'number'
  if (areDoubles && Math.abs(value / divisor) === Infinity) return false
  const [left, right] = [decimalOf(value), decimalOf(divisor)]
  if ((left.over * right.under) % (left.under * right.over) === 0n) return true
  if (typeof value === 'bigint' || typeof divisor === 'bigint' || (isWhole(value) && isWhole(divisor))) return false
  const quotient = value / divisor
  return (
    Math.abs(quotient) < 2 ** 48 &&
    Math.abs(quotient - Math.round(quotient)) < 4 * Number.EPSILON * Math.max(Math.abs(quotient), 1)
  )
}

/** By the shortest decimal form. */
function decimalOf(value: ExactNumber): Fraction {
  const [, digits = '', fraction = '', exponent = '0'] =
    /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  const power = BigInt(exponent) - BigInt(fraction.length)
  const whole = BigInt(digits + fraction)
  return power < 0n ? { over: whole, under: 10n ** -power } : { over: whole * 10n ** power, under: 1n }
}
