// Integers of a parsed lock that lost their digits when something like JSON.parse read them.

import { appendPointer } from '../../json/index.ts'

/**
 * The pointer of a number that may be another one than the lock's text has: an integer beyond ±(2^53 - 1) within 64 bits, or
 * 2^64, to which 2^64 - 1 is rounded.
 */
export function findRounded(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'number') return isRounded(value) ? pointer : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    const found = findRounded(member, appendPointer(pointer, key))
    if (found !== undefined) return found
  }
  return undefined
}

const isRounded = (value: number): boolean =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && value >= -(2 ** 63) && value <= 2 ** 64
