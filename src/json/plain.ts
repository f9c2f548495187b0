// Canonical text to the plain value that a caller gets. Reading what nobody has checked is read.ts.

import { decodeUtf8 } from '#runtime'
import { readText } from './read.ts'
import { toPlain } from './value.ts'

const noLimits = { maxBytes: Infinity, maxDepth: Infinity, maxKeys: Infinity, numbers: 'double' } as const

/** False for canonical text whose keys are all written without an escape; true for a few others too. */
export const mayEscapeKey = (canonical: string): boolean => escapedKeyOrItem.test(canonical)

/** A backslash in the first string behind `{` or `,`. */
const escapedKeyOrItem = /[{,]"[^"\\]*\\/

/**
 * The value of canonical text. By JSON.parse, but where that may be wrong: the one of Node 24 and 26 reads a key that is
 * written with an escape as another key, once it has seen one that holds a backslash
 * (https://github.com/nodejs/node/issues/63785).
 */
export function plainValue(canonical: Uint8Array): unknown {
  const text = decodeUtf8(canonical)
  if (!mayEscapeKey(text)) return JSON.parse(text)
  const read = readText(text, noLimits)
  if (!read.ok) throw new TypeError('Expected canonical text')
  return toPlain(read.value)
}
