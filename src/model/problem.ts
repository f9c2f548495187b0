// A rejection or a fault as problem details (RFC 9457): the body of every HTTP response that is not an outcome.

import { errorTable, isDataCode, type ErrorCode } from './errors.ts'
import type { Issue } from './outcome.ts'

export interface ProblemDetails {
  /** Where the situation has another status than the code. */
  readonly status?: number
  /** What the title does not tell. */
  readonly detail?: string
  readonly issues?: readonly Issue[]
  readonly truncated?: boolean
}

/** The members have this order. */
export interface Problem extends ProblemDetails {
  /** `urn:sidelane:` and the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
}

/** `issues` and `truncated` are members of data errors only. */
export function problemOf(code: ErrorCode, details: ProblemDetails = {}): Problem {
  const { message, status: usual } = errorTable[code]
  const { status = usual, detail, issues = [], truncated = false } = details
  return {
    type: `urn:sidelane:${code}`,
    title: message,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(isDataCode(code) && { issues, truncated }),
  }
}

/** The value of `Retry-After`: whole seconds, at least 1. */
export const retryAfterSeconds = (ms = 0): number => Math.max(1, Math.ceil(ms / 1000))
