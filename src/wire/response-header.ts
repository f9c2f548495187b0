// The header of a response, derived from the outcome behind it.

import { errorTable, isDataCode, outcomeCode } from '../model/index.ts'
import { headerBytes, kinds } from './constants.ts'
import { writeFrameHeader } from './frame-header.ts'

/**
 * Writes the header at `offset` for the outcome of `size` bytes at `offset + headerBytes`, with its kind and code. Times
 * are in µs.
 */
export function writeResponseHeader(
  target: Uint8Array,
  offset: number,
  size: number,
  id: number,
  queueUs: number,
  runUs: number,
): void {
  const code = outcomeCode(target, offset + headerBytes)
  const kind = code === undefined ? kinds.accepted : isDataCode(code) ? kinds.rejected : kinds.error
  writeFrameHeader(target, offset, size, kind, 0, code === undefined ? 0 : errorTable[code].wire, id, queueUs, runUs)
}
