// Sets of characters as sorted ranges, and the fixed sets of the grammar (ECMA-262 §22.2.2).

/** Flat pairs `low, high` (both inclusive), ascending, neither adjacent nor overlapping. */
export type Ranges = readonly number[]

export const lastCodePoint = 0x10ffff
export const lastUnit = 0xffff

/** The union of the pairs, in any order. */
export function toRanges(pairs: readonly (readonly [low: number, high: number])[]): Ranges {
  const ranges: number[] = []
  for (const [low, high] of pairs.toSorted((a, b) => a[0] - b[0])) {
    const top = ranges.length - 1
    if (top > 0 && low <= (ranges[top] as number) + 1) ranges[top] = Math.max(ranges[top] as number, high)
    else ranges.push(low, high)
  }
  return ranges
}

/** The complement among the characters up to `last`. */
export function negate(ranges: Ranges, last: number = lastCodePoint): Ranges {
  const rest: number[] = []
  let low = 0
  for (let i = 0; i < ranges.length; i += 2) {
    if (low < (ranges[i] as number)) rest.push(low, (ranges[i] as number) - 1)
    low = (ranges[i + 1] as number) + 1
  }
  if (low <= last) rest.push(low, last)
  return rest
}

/** The characters that are in both sets. */
export function intersect(a: Ranges, b: Ranges): Ranges {
  const both: number[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [aHigh, bHigh] = [a[i + 1] as number, b[j + 1] as number]
    const low = Math.max(a[i] as number, b[j] as number)
    const high = Math.min(aHigh, bHigh)
    if (low <= high) both.push(low, high)
    if (aHigh < bHigh) i += 2
    else j += 2
  }
  return both
}

export function overlap(a: Ranges, b: Ranges): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if ((a[i + 1] as number) < (b[j] as number)) i += 2
    else if ((b[j + 1] as number) < (a[i] as number)) j += 2
    else return true
  }
  return false
}

/** `\d` */
export const digits: Ranges = [0x30, 0x39]

/** `\w` */
export const wordCharacters: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]

/** `\s`: WhiteSpace and LineTerminator of ECMA-262, 25 code points. */
export const whiteSpace: Ranges = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
]

/** What `.` does not match. */
export const lineTerminators: Ranges = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]
