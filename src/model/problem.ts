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

/** The fields of the response. `Retry-After`, where another attempt may succeed, is whole seconds, at least 1. */
export const problemFields = (status: number, retryAfterMs = 0): Readonly<Record<string, string>> => ({
  'Content-Type': 'application/problem+json',
  ...((status === 429 || status === 503) && { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
})
