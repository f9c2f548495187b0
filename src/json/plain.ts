// Parses canonical text, which is known to be valid, to a plain value.

import { decodeUtf8 } from '#runtime'
import { readText } from './read.ts'
import { noLimits } from './reader.ts'
import { toPlain } from './value.ts'

/** False only for canonical text without an escape in any key. */
export const mayEscapeKey = (canonical: string): boolean => escapedKeyOrItem.test(canonical)

/** A backslash in the first string behind `{` or `,`. */
const escapedKeyOrItem = /[{,]"[^"\\]*\\/

/**
 * The value of canonical text. By JSON.parse, except where it may be wrong: in Node 24 and 26 it reads a key written
 * with an escape as another key, once it has parsed one that holds a backslash
 * (https://github.com/nodejs/node/issues/63785).
 */
export function plainValue(canonical: Uint8Array): unknown {
  const text = decodeUtf8(canonical)
  if (!mayEscapeKey(text)) return JSON.parse(text)
  const read = readText(text, noLimits)
  if (!read.ok) throw new TypeError('Expected canonical text')
  return toPlain(read.value)
}
