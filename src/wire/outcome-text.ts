// Reads the texts of REJECTED and ERROR that a server sent: each member has its type and its bounds, the code its side and the
// number of the header. The result is made of these members alone.

import { decodeUtf8, isUtf8, isWellFormed } from '#runtime'
import { textHeaderBytes } from '../tables/outcome-layout.ts'
import {
  errorTable,
  isDataCode,
  isExpectation,
  isFaultCode,
  isKeyword,
  isObject,
  maxIssues,
  maxRetryAfterMs,
  rejected,
  stackless,
  type DataCode,
  type FaultCode,
  type Issue,
  type IssueParams,
  type Primitive,
  type Rejected,
  type SidelaneError,
} from '../model/index.ts'
import { wrongAnswer, type WrongAnswer } from './frames.ts'

/** The members of an object. */
type Fields = Readonly<Record<string, unknown>>

/** Data errors that arise at the caller alone. */
const callerCodes: ReadonlySet<string> = new Set<DataCode>(['value.not_json', 'app.failed'])

/** Faults of a request. Others are of the connection, of tools, or of the caller's side. */
const requestFaults: ReadonlySet<string> = new Set<FaultCode>([
  'overloaded',
  'unavailable',
  'deadline.exceeded',
  'internal.panic',
])

/** Units of UTF-16 in the longest message of a fault. */
const maxMessageLength = 4096
const maxParams = 16

/** The rejection in the payload of a REJECTED, or the violation. `number`: the code in the header. */
export function readRejected(payload: Uint8Array, number: number, maxDepth: number): Rejected | WrongAnswer {
  const fields = readObject(payload)
  if (fields === undefined) return malformed('it is no JSON object')
  const { code, issues, truncated } = fields
  if (typeof code !== 'string' || !isDataCode(code) || callerCodes.has(code)) return wrongAnswer('code')
  if (errorTable[code].wire !== number) return wrongAnswer('codeNumber')
  if (!Array.isArray(issues) || issues.length > maxIssues) return malformed('its issues')
  if (typeof truncated !== 'boolean' || (truncated && issues.length < maxIssues)) return malformed('truncated')
  if (issues.length === 0 || (issues.length > 1 && code !== 'validate.failed')) {
    return malformed('the number of its issues')
  }
  const read: Issue[] = []
  for (const given of issues as unknown[]) {
    const issue = readIssue(given, code, maxDepth)
    if (issue === undefined) return malformed('an issue')
    read.push(issue)
  }
  return rejected(code, read, truncated)
}

/** The fault in the payload of an ERROR for a request, or the violation. */
export function readRequestFault(payload: Uint8Array, number: number): SidelaneError | WrongAnswer {
  const fault = readFault(payload, number)
  return 'code' in fault && !requestFaults.has(fault.code) ? wrongAnswer('code') : fault
}

/** The fault in the payload of any ERROR, or the violation. */
export function readFault(payload: Uint8Array, number: number): SidelaneError | WrongAnswer {
  const fields = readObject(payload)
  if (fields === undefined) return malformed('it is no JSON object')
  const { code, message, params, retryAfterMs } = fields
  if (typeof code !== 'string' || !isFaultCode(code)) return wrongAnswer('code')
  if (errorTable[code].wire !== number) return wrongAnswer('codeNumber')
  if (!isText(message) || message.length > maxMessageLength) return malformed('its message')
  if (retryAfterMs !== undefined && !isWithin(retryAfterMs, maxRetryAfterMs)) return malformed('retryAfterMs')
  const read = params === undefined ? [] : readParams(params)
  if (read === undefined) return malformed('its params')
  return stackless(code, {
    message,
    ...(params !== undefined && { params: Object.fromEntries(read) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

const malformed = (what: string): WrongAnswer => wrongAnswer('text', { what })

/** The JSON object in a text outcome; undefined for others, and for bytes that are not UTF-8. */
function readObject(payload: Uint8Array): Fields | undefined {
  const text = payload.subarray(textHeaderBytes)
  if (!isUtf8(text)) return undefined
  try {
    const value: unknown = JSON.parse(decodeUtf8(text))
    return isObject(value) ? ownFields(value) : undefined
  } catch {
    return undefined
  }
}

/** Without a prototype, so that a member that is missing is undefined. */
const ownFields = (value: object): Fields => Object.assign(Object.create(null) as object, value) as Fields

function readIssue(given: unknown, code: DataCode, maxDepth: number): Issue | undefined {
  if (!isObject(given)) return undefined
  const { code: ownCode, pointer, keyword, params } = ownFields(given)
  if (ownCode !== code || !isPointer(pointer, maxDepth)) return undefined
  if (code !== 'validate.failed') {
    const read = keyword === undefined ? readPlaceParams(params, code) : undefined
    return read && { code, pointer, params: read }
  }
  const read = readIssueParams(params)
  return isKeyword(keyword) && read !== undefined ? { code, pointer, keyword, params: read } : undefined
}

/** Two units of UTF-16 for each of 128 code points, and the slash. */
const maxStepLength = 257

const isPointer = (value: unknown, maxDepth: number): value is string =>
  isText(value) &&
  value.length <= (maxDepth + 1) * maxStepLength &&
  (value === '' || value.startsWith('/')) &&
  !/~(?![01])/.test(value)

function readIssueParams(params: unknown): IssueParams | undefined {
  if (!isObject(params)) return undefined
  const { limit, expected } = ownFields(params)
  if (limit !== undefined && !isText(limit) && typeof limit !== 'number') return undefined
  if (expected !== undefined && !(Array.isArray(expected) && expected.every(isScalar))) return undefined
  return {
    ...(limit !== undefined && { limit }),
    ...(expected !== undefined && { expected }),
  }
}

/** Of the codes that say where the payload is wrong. */
function readPlaceParams(params: unknown, code: DataCode): IssueParams | undefined {
  if (!isObject(params)) return undefined
  const { offset, line, column, limit, expected } = ownFields(params)
  const numbers = { offset, line, column, limit }
  if (!Object.values(numbers).every((value) => value === undefined || isCount(value))) return undefined
  if (code === 'parse.syntax' ? !isExpectation(expected) : expected !== undefined) return undefined
  if (code.startsWith('limit.') ? limit === undefined : limit !== undefined || offset === undefined) return undefined
  return withoutUndefined({ ...numbers, expected })
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const withoutUndefined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

function readParams(params: unknown): [string, Primitive][] | undefined {
  const entries = isObject(params) ? Object.entries(params) : undefined
  return entries !== undefined && entries.length <= maxParams && entries.every(([, value]) => isScalar(value))
    ? (entries as [string, Primitive][])
    : undefined
}

const isScalar = (value: unknown): value is Primitive =>
  value === null || isText(value) || typeof value === 'number' || typeof value === 'boolean'

const isText = (value: unknown): value is string => typeof value === 'string' && isWellFormed(value)

const isWithin = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max
