// The header of an answer, out of the outcome behind it. The outcome's own layout is model/outcome-bytes.ts.

import { errorTable, isDataCode, outcomeCode, outcomeSize } from '../model/index.ts'
import { headerBytes, kinds } from './constants.ts'
import { writeFrameHeader } from './frame-header.ts'

/**
 * Writes the header at `offset` for the outcome of `size` bytes that stands at `offset + headerBytes`: its kind and its
 * code come from the outcome. Times are in µs.
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

/** True when the payload of an answer is an outcome of the header's kind, whole and nothing more. */
export const isOutcomeOf = (kind: number, payload: Uint8Array): boolean =>
  // The kinds of outcomes are 1, 2 and 3, in the order of those of answers.
  payload[0] === kind - kinds.accepted + 1 && outcomeSize(payload, 0) === payload.length
