// Normalizes one string by the operations of a schema node: lower or upper, nfc, collapse, trim, always in
// this order.
// native/core/src/normalize.rs is the twin.
//
// Unicode is pinned to 15.0, because any Node minor may bring newer tables: code points that 15.0 leaves unassigned do
// not change.

import type { NormOp } from '../../model/index.ts'
import { spend } from '../../util/step-budget.ts'
import { unassignedRanges } from './unicode-15-unassigned.ts'

/** Applies the operations to a well-formed text. `ops` is in the fixed order (model/profile.ts). */
export function normalizeString(text: string, ops: readonly NormOp[]): string {
  let result = text
  for (const op of ops) {
    spend(result.length)
    result = operations[op](result)
  }
  return result
}

const operations: Readonly<Record<NormOp, (text: string) => string>> = {
  lower,
  upper,
  nfc,
  collapse,
  trim,
}

const ascii = 1
const belowCombining = 2
const sigma = 4
const unassigned = 8

/** The traits of a text that the operations depend on, found in one pass. */
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

/** The full upper-case mapping of each code point by itself: ß becomes SS. Unassigned code points as for `lower`. */
function upper(text: string): string {
  const found = traits(text)
  if (found & ascii) return text.toUpperCase()
  if (!(found & unassigned)) {
    // No upper-case mapping depends on its neighbours.
    const mapped = text.toUpperCase()
    if (mapped === text || !(traits(mapped) & unassigned)) return mapped
  }
  let result = ''
  for (const char of text) result += upperOne(char)
  return result
}

function upperOne(char: string): string {
  if (isUnassigned(char.codePointAt(0) as number)) return char
  const mapped = char.toUpperCase()
  return mapped === char || !(traits(mapped) & unassigned) ? mapped : char
}

/**
 * NFC of Unicode 15.0 (UAX 15), run by run between unassigned code points. The split is exact: they have combining
 * class 0 and no mapping, so no mark reorders or composes across them.
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

/** In shorter runs ICU's insertions are cheap. */
const longRun = /\p{M}{64,}/gu

/**
 * `text.normalize('NFC')` in linear time. ICU moves each combining mark to its place by one insertion, so a long run of
 * marks in the wrong order takes quadratic time (64 KB: 0.9 s). Such runs are put in canonical order first.
 */
export const toNfc = (text: string): string =>
  // `search` ignores the flag g. Nearly no text has such a run.
  (text.search(longRun) < 0 ? text : text.replace(longRun, inCanonicalOrder)).normalize('NFC')

/** Decomposes the marks and sorts them stably by combining class, between marks of class 0 (UAX 15, D108, D109). */
function inCanonicalOrder(marks: string): string {
  const ranks = markRanks()
  const byRank: string[] = []
  let result = ''
  for (const mark of marks) {
    for (const part of mark.normalize('NFD')) {
      const rank = ranks.get(part)
      if (rank === undefined) result += byRank.splice(0).join('') + part
      else byRank[rank] = (byRank[rank] ?? '') + part
    }
  }
  return result + byRank.join('')
}

let ranks: Map<string, number> | undefined

/** Every mark with a combining class, and the rank of its class. JavaScript does not expose the class itself. */
function markRanks(): Map<string, number> {
  if (ranks !== undefined) return ranks
  const marks: string[] = []
  for (let point = 0x300; point <= 0x1efff; point++) {
    const char = String.fromCodePoint(point)
    if (mark.test(char) && char.normalize('NFD') === char && hasClass(char)) marks.push(char)
  }
  marks.sort((a, b) => Number(comesAfter(a, b)) - Number(comesAfter(b, a)))
  ranks = new Map()
  let rank = 0
  for (const [i, char] of marks.entries()) {
    if (i > 0 && comesAfter(char, marks[i - 1] as string)) rank++
    ranks.set(char, rank)
  }
  return ranks
}

const mark = /^\p{M}$/u

/** Of class 1 and class 240, the lowest and the highest: every mark with a class is reordered with one of them. */
const lowest = '\u0334'
const highest = '\u0345'
const hasClass = (char: string): boolean => comesAfter(char, lowest) || comesAfter(highest, char)

/** True when canonical order puts `a` behind `b`: its class is higher. */
const comesAfter = (a: string, b: string): boolean => (a + b).normalize('NFD') !== a + b

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

/** The 25 code points of white space, the same as of the pattern `\s`. */
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

/** One bit for each code point of the basic plane, which holds nearly all text. */
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
