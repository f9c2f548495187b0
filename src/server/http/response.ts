// Answers as bytes: a JSON document, a problem (RFC 9457), the compressed body. Which one it is, others decide.

import { STATUS_CODES } from 'node:http'
import { errorTable, isDataCode, type ErrorCode, type Issue } from '../../model/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Uint8Array
  /** Of a problem. */
  readonly code?: ErrorCode
  /** The connection ends with it, whatever the client wants. */
  readonly closes?: boolean
}

export interface Ending {
  /** Headers only: the answer to HEAD. */
  readonly bare: boolean
  readonly close: boolean
}

const encoder = new TextEncoder()

export const text = (type: string, body: string, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': type },
  body: encoder.encode(body),
})

export const json = (value: unknown, status = 200): Answer => text('application/json', JSON.stringify(value), status)

export interface ProblemFields {
  /** Where the situation has another status than the code. */
  readonly status?: number
  /** What the title does not say. */
  readonly detail?: string
  readonly issues?: readonly Issue[]
  readonly truncated?: boolean
  readonly retryAfterMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly closes?: boolean
}

export function problem(code: ErrorCode, fields: ProblemFields = {}): Answer {
  const { message, status: usual } = errorTable[code]
  const { status = usual, detail, issues = [], truncated = false, retryAfterMs, headers, closes = false } = fields
  const body = {
    type: `urn:sidelane:${code}`,
    title: message,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(isDataCode(code) && { issues, truncated }),
  }
  const retry = status === 429 || status === 503
  return {
    status,
    code,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(retry && { 'Retry-After': Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000)) }),
      ...headers,
    },
    body: encoder.encode(JSON.stringify(body)),
    closes,
  }
}

/** The whole answer in one piece of memory. */
export function answerBytes({ status, headers, body }: Answer, { bare, close }: Ending): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${now()}\r\n`
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
  head += `Content-Length: ${body.length}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`
  const bytes = Buffer.allocUnsafe(head.length + (bare ? 0 : body.length))
  bytes.write(head, 'latin1')
  if (!bare) bytes.set(body, head.length)
  return bytes
}

let second = 0
let date = ''

function now(): string {
  const time = Date.now()
  if (Math.floor(time / 1000) !== second) {
    second = Math.floor(time / 1000)
    date = new Date(time).toUTCString()
  }
  return date
}
