// Where a payload is in the input, and where in the input an issue of it is.

import { describeIssueAt, type Issue } from '../../model/index.ts'

export interface Place {
  /** The line of the input where the payload begins, from 1. */
  readonly line: number
  /** Which payload it is, from 1, where a line does not tell. */
  readonly item?: number | undefined
}

/** `line 12`, or `item 3, line 12`. */
export const placeText = ({ line, item }: Place): string =>
  item === undefined ? `line ${line}` : `item ${item}, line ${line}`

/** One sentence about an issue of the payload at this place, with the line of the input instead of that of the payload. */
export const describeAt = ({ line, item }: Place, issue: Issue): string =>
  describeIssueAt(issue, (payloadLine, column) => {
    if (item === undefined) {
      // A CR alone ends a line of JSON, and none of NDJSON.
      return payloadLine === 1
        ? `line ${line}, column ${column}`
        : `line ${payloadLine}, column ${column} of line ${line}`
    }
    const at = `line ${line + payloadLine - 1}, column ${column}`
    // An item may begin within its line.
    return payloadLine === 1 ? `${at} of item ${item}` : at
  })
