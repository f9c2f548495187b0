// Responses: a text, a JSON document, a problem (RFC 9457) or an outcome, and their bytes.

import { STATUS_CODES } from 'node:http'
import { problemFields, problemOf, viewOutcome, type ErrorCode, type ProblemDetails } from '../../model/index.ts'
import type { LoadedContract } from '../contracts.ts'

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Uint8Array
  /** Of a problem. */
  readonly code?: ErrorCode
  /** The connection ends behind it. */
  readonly closes?: boolean
}

export const text = (type: string, body: string, status = 200): Response => ({
  status,
  headers: { 'Content-Type': type },
  body: Buffer.from(body),
})

export const json = (value: unknown, status = 200): Response => text('application/json', JSON.stringify(value), status)

export interface ProblemFields extends ProblemDetails {
  readonly retryAfterMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly closes?: boolean
}

export function problem(code: ErrorCode, fields: ProblemFields = {}): Response {
  const { retryAfterMs, headers, closes = false } = fields
  const body = problemOf(code, fields)
  const { status } = body
  return {
    status,
    code,
    headers: { ...problemFields(status, retryAfterMs), ...headers },
    body: Buffer.from(JSON.stringify(body)),
    closes,
  }
}

/** The response to `process`, from the outcome in wire form. The body is a view of `bytes`. */
export function outcomeResponse(
  bytes: Uint8Array,
  { id, contract }: LoadedContract,
  engine: string,
  queueUs: number,
  runUs: number,
): Response {
  const { codec } = contract.profile.compress
  const outcome = viewOutcome(bytes, 0, codec)
  if (!outcome.ok) return problem(outcome.code, outcome)
  const { body, digest, inBytes, canonicalBytes, outBytes } = outcome
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Sidelane-Codec': codec,
      ...(digest !== null && { 'Sidelane-Digest': digest }),
      'Sidelane-Contract': id,
      'Sidelane-In-Bytes': inBytes,
      'Sidelane-Canonical-Bytes': canonicalBytes,
      'Sidelane-Out-Bytes': outBytes,
      'Sidelane-Engine': engine,
      'Sidelane-Queue-Us': Math.round(queueUs),
      'Sidelane-Run-Us': Math.round(runUs),
    },
    body,
  }
}

/** The whole response in one buffer. */
export function responseBytes(
  { status, headers, body }: Response,
  options: { isHead: boolean; closes: boolean },
): Buffer {
  const { isHead, closes } = options
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${httpDate()}\r\n`
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
  head += `Content-Length: ${body.length}\r\n${closes ? 'Connection: close\r\n' : ''}\r\n`
  const bytes = Buffer.allocUnsafe(head.length + (isHead ? 0 : body.length))
  bytes.write(head, 'latin1')
  if (!isHead) bytes.set(body, head.length)
  return bytes
}

let second = 0
let date = ''

function httpDate(): string {
  const time = Date.now()
  if (Math.floor(time / 1000) !== second) {
    second = Math.floor(time / 1000)
    date = new Date(time).toUTCString()
  }
  return date
}
