// One pass over the bytes before V8 parses them: the depth, which must be known first, and the number of members, which
// JSON.parse hides (it keeps the last of two equal keys). No grammar here: for broken JSON the count means nothing.

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c

/**
 * Counts the colons outside strings, which for valid JSON are the members of all objects; -1 when more than `maxDepth`
 * brackets are open at one place.
 */
export function countMembers(bytes: Uint8Array, maxDepth: number): number {
  const length = bytes.length
  let colons = 0
  let depth = 0
  for (let i = 0; i < length; i++) {
    let byte = bytes[i] as number
    if (byte === quote) {
      while (++i < length && (byte = bytes[i] as number) !== quote) if (byte === backslash) i++
    } else if (byte === colon) {
      colons++
    } else if (byte >= 0x5b) {
      // `[` and `{`, `]` and `}` differ in this one bit.
      byte |= 0x20
      if (byte === 0x7b) {
        if (++depth > maxDepth) return -1
      } else if (byte === 0x7d && depth > 0) {
        depth--
      }
    }
  }
  return colons
}
