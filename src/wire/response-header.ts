// The header of an answer, out of the outcome behind it. The outcome's own layout is model/outcome-bytes.ts.

import { errorTable, isDataCode, outcomeCode } from '../model/index.ts'
import { headBytes, kinds } from './constants.ts'
import { writeHead } from './frame-header.ts'

/**
 * Writes the header at `offset` for the outcome of `size` bytes that stands at `offset + headBytes`: its kind and its
 * code come from the outcome. Times are in µs.
 */
export function writeAnswerHead(
  target: Uint8Array,
  offset: number,
  size: number,
  id: number,
  queueUs: number,
  runUs: number,
): void {
  const code = outcomeCode(target, offset + headBytes)
  const kind = code === undefined ? kinds.accepted : isDataCode(code) ? kinds.rejected : kinds.error
  writeHead(target, offset, size, kind, 0, code === undefined ? 0 : errorTable[code].wire, id, queueUs, runUs)
}
