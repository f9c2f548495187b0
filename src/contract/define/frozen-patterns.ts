// Patterns for string formats whose check in zod is code, uses look-ahead, or differs from zod's own pattern. They
// never change. test/define/frozen-patterns.test.ts compares each with zod's own check.

/** `from` to `to` repetitions of a piece. */
const times = (piece: string, from: number, to: number): string =>
  to === 1 && from === 1 ? piece : `(?:${piece}){${from === to ? from : `${from},${to}`}}`

const hex = '[0-9A-Fa-f]{1,4}'
const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const dotted = `${times(`${octet}\\.`, 3, 3)}${octet}`

/** The address behind `::` with at most `room` pieces; a dotted tail counts as two. */
function afterGap(room: number): string {
  if (room === 0) return ''
  const pieces = room === 1 ? hex : `${hex}(?::${hex}){0,${room - 1}}`
  if (room < 2) return `(?:${pieces})?`
  const tail = room === 2 ? dotted : `(?:${hex}:){0,${room - 2}}${dotted}`
  return `(?:${pieces}|${tail})?`
}

/** Eight pieces, or `::` in place of one or more of them, after `n` pieces. The last two may be written as IPv4. */
const ipv6 = [
  times(`${hex}:`, 7, 7) + hex,
  times(`${hex}:`, 6, 6) + dotted,
  `::${afterGap(7)}`,
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => `${times(`${hex}:`, n, n)}:${afterGap(7 - n)}`),
].join('|')

const seconds = '[0-9]+(?:[.,][0-9]+)?S'
const minutes = `[0-9]+M(?:${seconds})?`
const clock = `T(?:[0-9]+H(?:${minutes}|${seconds})?|${minutes}|${seconds})`
const months = '[0-9]+M(?:[0-9]+D)?'
const calendar = `(?:[0-9]+Y(?:${months}|[0-9]+D)?|${months}|[0-9]+D)`

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

/** A value matches when it matches every pattern of its format. */
export const frozenPatterns: Readonly<Record<string, readonly string[]>> = {
  // RFC 4291 §2.2 as the URL standard reads it. zod's check accepts a dotted tail, its pattern does not.
  ipv6: [`^(?:${ipv6})$`],
  // zod's check also accepts fractions and exponents as a prefix length ("::/1.5", "::/1e-7"); this pattern does not.
  cidrv6: [`^(?:${ipv6})/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])$`],
  // ISO 8601-1: weeks alone, or calendar parts and a clock part, at least one of them.
  duration: [`^P(?:[0-9]+W|${calendar}(?:${clock})?|${clock})$`],
  // RFC 1123 labels. The second pattern is the limit of 253 characters, in zod a look-ahead.
  hostname: [`^${label}(?:\\.${label})*\\.?$`, '^.{1,253}\\.?$'],
  // RFC 4648 §4 and §5, with and without padding. zod's pattern has only the alphabet; the rest is code.
  base64: ['^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$'],
  base64url: ['^(?:[0-9A-Za-z_-]{4})*(?:[0-9A-Za-z_-]{2,3})?$'],
}
