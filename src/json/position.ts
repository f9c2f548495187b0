// Positions in a payload. native/core/src/read/position.rs is the twin.

import { encodeUtf8 } from '#runtime'
import { spendAhead } from '../util/step-budget.ts'

export interface Position {
  /** In bytes, from 0. */
  readonly offset: number
  /** From 1. Lines end with LF, CR LF or CR. */
  readonly line: number
  /** In code points, from 1. */
  readonly column: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** The counting cannot be ended. */
const nanos = 2

/** The position behind well-formed UTF-8. No position is between the CR and the LF of one line end. */
export function positionBehind(prefix: Uint8Array): Position {
  const offset = prefix.length
  spendAhead(offset, nanos)
  let line = 1
  let lineStart = 0
  for (let i = 0; i < offset; i++) {
    const byte = prefix[i]
    if (byte !== lineFeed && (byte !== carriageReturn || prefix[i + 1] === lineFeed)) continue
    line++
    lineStart = i + 1
  }
  let column = 1
  for (let i = lineStart; i < offset; i++) if (!isContinuation(prefix[i])) column++
  return { offset, line, column }
}

/** The position of the unit at `at`; the text before it is well-formed. */
export const positionIn = (text: string, at: number): Position => positionBehind(encodeUtf8(text.slice(0, at)))

/** The size of the longest prefix that is well-formed UTF-8: where the first ill-formed sequence starts. */
export function wellFormedBytes(bytes: Uint8Array): number {
  spendAhead(bytes.length, nanos)
  let at = 0
  while (at < bytes.length) {
    const size = sequenceBytes(bytes, at)
    if (size === 0) break
    at += size
  }
  return at
}

/** The size of the sequence at `at`; 0 when it is ill-formed or truncated (the Unicode Standard, table 3-7). */
function sequenceBytes(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  for (let i = 1; i < size; i++) if (!isContinuation(bytes[at + i])) return 0
  const second = bytes[at + 1] as number
  // Overlong forms, surrogates, and what is beyond U+10FFFF.
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90)) return 0
  return (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f) ? 0 : size
}

const isContinuation = (byte = 0): boolean => (byte & 0xc0) === 0x80
