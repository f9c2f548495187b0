// What is known of the texts and of the numbers at one place of the samples.

import { allFormats, formatsOf } from './formats.ts'

export interface StringFacts {
  readonly count: number
  /** In code points. */
  readonly shortest: number
  readonly longest: number
  /** Number of occurrences by value; undefined when there are too many values, or long ones. */
  readonly values: ReadonlyMap<string, number> | undefined
  /** A bit for each format that every value has. */
  readonly formats: number
  /** Number of values with leading or trailing white space. */
  readonly padded: number
}

export interface NumberFacts {
  readonly count: number
  readonly integers: number
  /** Number of integral values beyond 2^53 - 1. */
  readonly unsafe: number
  readonly least: number | bigint
  readonly greatest: number | bigint
}

const maxValues = 24
const maxValueLength = 40

export function stringFacts(texts: readonly string[]): StringFacts {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  let [shortest, longest, formats, padded] = [Infinity, 0, allFormats, 0]
  for (const [text, times] of counts) {
    const length = codePoints(text)
    shortest = Math.min(shortest, length)
    longest = Math.max(longest, length)
    if (formats !== 0) formats = formatsOf(text, formats)
    if (text.trim() !== text) padded += times
  }
  const few = counts.size <= maxValues && longest <= maxValueLength
  return { count: texts.length, shortest, longest, values: few ? counts : undefined, formats, padded }
}

export function numberFacts(numbers: readonly (number | bigint)[]): NumberFacts {
  let [integers, unsafe] = [0, 0]
  let least: number | bigint = Infinity
  let greatest: number | bigint = -Infinity
  for (const number of numbers) {
    const whole = typeof number === 'bigint' || Number.isInteger(number)
    if (whole) integers++
    if (whole && !Number.isSafeInteger(number)) unsafe++
    if (number < least) least = number
    if (number > greatest) greatest = number
  }
  return { count: numbers.length, integers, unsafe, least, greatest }
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
