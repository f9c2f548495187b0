// The alphabets of deflate (RFC 1951, 3.2.5) as far as the tables of a lock code them.

/** Payloads that a table may be for, in bytes of the canonical form: deflate's window bounds them. */
export const minTableBytes = 64
export const maxTableBytes = 32_768

/** The first byte that canonical JSON has. */
export const firstLiteral = 0x20
/** The bytes from 0x20 to 0x7f. */
export const asciiLiterals: number = 0x80 - firstLiteral
/** The bytes from 0x20 to 0xf4: UTF-8 has no higher ones. */
export const utf8Literals: number = 0xf5 - firstLiteral
/** The end of the block and 29 match lengths, behind the literals from symbol 256 on. */
export const lengthCodes = 30

/** Most bits of a code. RFC 1951 allows 15 for both; with 14, four literals fit into a register of 64 bits. */
export const literalLimit = 14
export const distanceLimit = 15

/** The symbol of a distance from 1 to 32,768: two for each number of bits, told apart by the second bit. */
function distanceSymbol(distance: number): number {
  const below = distance - 1
  if (below < 2) return below
  const bits = 31 - Math.clz32(below)
  return 2 * bits + ((below >> (bits - 1)) & 1)
}

/** Symbols of the distances within a payload of at most `maxBytes`. */
export const distanceCodesOf = (maxBytes: number): number => distanceSymbol(maxBytes - 1) + 1
