// The strict JSON reader: bytes or text to a value tree, or the error of the first failed stage, in the fixed order
// size, BOM, UTF-8, depth, grammar, data model.

import { decodeUtf8, isUtf8, isWellFormed, utf8Length } from '#runtime'
import { spendAhead } from '../util/step-budget.ts'
import { positionBehind, positionIn, wellFormedBytes, type Position } from './position.ts'
import { readError, tooLarge, type ReadError } from './read-error.ts'
import { Reader, type Read, type ReadLimits } from './reader.ts'

const byteOrderMark = 0xfeff
const start: Position = { offset: 0, line: 1, column: 1 }

/** Reads UTF-8 bytes. */
export function readBytes(bytes: Uint8Array, limits: ReadLimits): Read | ReadError {
  if (bytes.length > limits.maxBytes) return tooLarge(limits.maxBytes)
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return readError('parse.bom', '', start)
  if (!isUtf8(bytes)) return readError('parse.utf8', '', positionBehind(bytes.subarray(0, wellFormedBytes(bytes))))
  return readWellFormed(decodeUtf8(bytes), limits)
}

/**
 * Reads JSON text like its UTF-8 bytes; text with a lone surrogate has no such bytes: `parse.lone_surrogate` at the
 * root.
 */
export const readText = (text: string, limits: ReadLimits): Read | ReadError =>
  checkText(text, limits.maxBytes) ?? readWellFormed(text, limits)

/** The stages up to UTF-8, for text. An encoder would turn lone surrogates into U+FFFD. */
export function checkText(text: string, maxBytes: number): ReadError | undefined {
  if (utf8Length(text) > maxBytes) return tooLarge(maxBytes)
  if (text.charCodeAt(0) === byteOrderMark) return readError('parse.bom', '', start)
  if (isWellFormed(text)) return undefined
  return readError('parse.lone_surrogate', '', positionIn(text, text.search(loneSurrogate)))
}

const loneSurrogate = /\p{Surrogate}/u

/**
 * The index of the first bracket that is open inside `maxDepth` others; -1 without one. Checked before the grammar:
 * brackets are counted outside strings, never below 0, and a backslash escapes only inside a string.
 */
function indexOfExcess(text: string, maxDepth: number): number {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === 0x5c) i++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > maxDepth) return i
    } else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--
  }
  return -1
}

function readWellFormed(text: string, limits: ReadLimits): Read | ReadError {
  spendAhead(text.length, depthNanos)
  const excess = indexOfExcess(text, limits.maxDepth)
  if (excess >= 0) return readError('limit.depth', '', { ...positionIn(text, excess), limit: limits.maxDepth })
  return new Reader(text, limits).document()
}

/** The check of the depth cannot be ended. */
const depthNanos = 2
