// What the adapters give to the core and get from it: HTTP messages of no framework.

import { describeIssue, problemFields, problemOf, type ErrorCode, type ProblemDetails } from '../model/index.ts'
import { encodeUtf8 } from '#runtime'

/** The head of a request. */
export interface RequestHead {
  readonly method: string
  /** A field by its name in lower case; several lines of it are joined by commas. */
  readonly header: (name: string) => string | undefined
}

/** A whole response. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** undefined: the response has no content (304). */
  readonly body: Uint8Array | undefined
}

export interface ProblemOptions extends ProblemDetails {
  readonly retryAfterMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** Problem details as the daemons send them. Each issue also has its sentence, and the first one is that of the problem. */
export function problemResponse(code: ErrorCode, options: ProblemOptions = {}): HttpResponse {
  const issues = options.issues?.map((issue) => ({ ...issue, detail: describeIssue(issue) }))
  const detail = options.detail ?? issues?.[0]?.detail
  const problem = problemOf(code, {
    ...options,
    ...(issues !== undefined && { issues }),
    ...(detail !== undefined && { detail }),
  })
  const { status } = problem
  return {
    status,
    headers: { ...problemFields(status, options.retryAfterMs), ...options.headers },
    body: encodeUtf8(JSON.stringify(problem)),
  }
}
