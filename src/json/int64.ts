// The integers that `numbers: 'int64'` keeps: from -2^63 to 2^64 - 1. Twin: native/core/src/numeric.rs.

const least = -(2n ** 63n)
const most = 2n ** 64n - 1n

/** The integer of `digits`, whose nearest double is `value`; undefined when it is out of range. */
export function int64Of(digits: string, value: number): bigint | undefined {
  // What is certainly out of range is not read: its text may be long.
  if (value < -(2 ** 63) || value > 2 ** 64) return undefined
  const exact = BigInt(digits)
  return exact >= least && exact <= most ? exact : undefined
}
