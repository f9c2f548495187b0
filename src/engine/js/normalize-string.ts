// Normalizing one string by the operations of a schema node: lower, nfc, collapse, trim, always in this order. Which
// strings of a document are normalized is decided in normalize.ts. native/core/src/normalize.rs is the twin.
//
// Unicode is pinned to 15.0 although every Node minor may bring newer tables: what 15.0 leaves unassigned passes through.

import type { NormOp } from '../../model/index.ts'
import { toNfc } from './canonical-order.ts'
import { unassignedRanges } from './unicode-15-unassigned.ts'

/** Applies the operations to a well-formed text. `ops` stands in the fixed order (design: model/profile.ts). */
export function normalizeString(text: string, ops: readonly NormOp[]): string {
  let result = text
  for (const op of ops) result = operations[op](result)
  return result
}

const operations: Readonly<Record<NormOp, (text: string) => string>> = { lower, nfc, collapse, trim }

const ascii = 1
const belowCombining = 2
const sigma = 4
const unassigned = 8

/** What the fast paths need to know of a text, in one pass. */
function traits(text: string): number {
  let found = ascii | belowCombining
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i)
    if (c < 0x80) continue
    found &= ~ascii
    if (c < 0x300) continue
    found &= ~belowCombining
    if (c === 0x3a3) found |= sigma
    if (c >= 0xd800 && c <= 0xdbff && i + 1 < text.length) c = text.codePointAt(i++) as number
    if (isUnassigned(c)) found |= unassigned
  }
  return found
}

/**
 * The full lower-case mapping of each code point by itself: İ becomes i + U+0307, Σ becomes σ also at a word's end.
 * An unassigned code point, and one whose mapping holds an unassigned one, stays as it is.
 */
function lower(text: string): string {
  const found = traits(text)
  if (found & ascii) return text.toLowerCase()
  if (!(found & (sigma | unassigned))) {
    // Only Σ depends on its neighbours, so the whole text may be mapped at once.
    const mapped = text.toLowerCase()
    if (mapped === text || !(traits(mapped) & unassigned)) return mapped
  }
  let result = ''
  for (const char of text) result += lowerOne(char)
  return result
}

function lowerOne(char: string): string {
  if (isUnassigned(char.codePointAt(0) as number)) return char
  const mapped = char.toLowerCase()
  return mapped === char || !(traits(mapped) & unassigned) ? mapped : char
}

/**
 * NFC of Unicode 15.0 (UAX 15), run by run between unassigned code points. The split is exact: they have combining
 * class 0 and no mapping, so nothing reorders or composes across them.
 */
function nfc(text: string): string {
  const found = traits(text)
  if (found & belowCombining) return text
  if (!(found & unassigned)) return toNfc(text)
  let result = ''
  let run = ''
  for (const char of text) {
    if (isUnassigned(char.codePointAt(0) as number)) {
      result += toNfc(run) + char
      run = ''
    } else {
      run += char
    }
  }
  return result + toNfc(run)
}

/** Each run of white space becomes one U+0020. */
function collapse(text: string): string {
  let result = ''
  let copied = 0
  for (let i = 0; i < text.length; i++) {
    if (!isSpace(text.charCodeAt(i))) continue
    const start = i
    while (i + 1 < text.length && isSpace(text.charCodeAt(i + 1))) i++
    if (i === start && text.charCodeAt(i) === 0x20) continue
    result += `${text.slice(copied, start)} `
    copied = i + 1
  }
  return copied === 0 ? text : result + text.slice(copied)
}

/** Without white space at either end. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** The 25 code points that `trim`, `collapse` and the pattern `\s` call white space. */
function isSpace(c: number): boolean {
  if (c <= 0x20) return c === 0x20 || (c >= 0x09 && c <= 0x0d)
  if (c < 0x1680) return c === 0xa0
  return (
    (c >= 0x2000 && c <= 0x200a) ||
    c === 0x2028 ||
    c === 0x2029 ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000 ||
    c === 0xfeff ||
    c === 0x1680
  )
}

/** One bit for each code point of the basic plane: nearly all text lives there. */
const unassignedBits = new Uint8Array(0x10000 / 8)
for (let i = 0; i < unassignedRanges.length; i += 2) {
  const last = Math.min(unassignedRanges[i + 1] as number, 0xffff)
  for (let c = unassignedRanges[i] as number; c <= last; c++) {
    unassignedBits[c >> 3] = (unassignedBits[c >> 3] as number) | (1 << (c & 7))
  }
}

function isUnassigned(c: number): boolean {
  if (c <= 0xffff) return ((unassignedBits[c >> 3] as number) & (1 << (c & 7))) !== 0
  let low = 0
  let high = unassignedRanges.length / 2 - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (c > (unassignedRanges[2 * middle + 1] as number)) low = middle + 1
    else high = middle
  }
  return c >= (unassignedRanges[2 * low] as number) && c <= (unassignedRanges[2 * low + 1] as number)
}
