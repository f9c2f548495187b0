// The errors of reading a text or encoding a value. Their codes are rows of the table in model/errors.ts.

import type { JsonExpectation } from '../tables/json-expectations.ts'
import type { Position } from './position.ts'

/** In the order of the stages (read.ts). */
type ReadErrorCode =
  | 'limit.bytes'
  | 'parse.bom'
  | 'parse.utf8'
  | 'limit.depth'
  | 'parse.syntax'
  | 'parse.lone_surrogate'
  | 'parse.forbidden_key'
  | 'parse.duplicate_key'
  | 'limit.keys'
  | 'number.range'
  | 'number.unsafe_integer'
  | 'value.not_json'

export interface ReadError {
  readonly ok: false
  readonly code: ReadErrorCode
  /** RFC 6901; empty for errors of the stages before the data model. */
  readonly pointer: string
  /** Where, and what instead. The keys have the order of `ReadErrorParams`. None for `value.not_json`. */
  readonly params?: ReadErrorParams
}

/** `limit.bytes` has no line and no column: a payload that is too long may be refused before it is read. */
export interface ReadErrorParams extends Partial<Position> {
  /** Of `limit.*`: the limit. */
  readonly limit?: number
  /** Of `parse.syntax`. */
  readonly expected?: JsonExpectation
}

export const readError = (code: ReadError['code'], pointer: string, params?: ReadErrorParams): ReadError =>
  params === undefined ? { ok: false, code, pointer } : { ok: false, code, pointer, params }

/** The error of a payload, read or not, that has more than `maxBytes`: it is at the first byte too many. */
export const tooLarge = (maxBytes: number): ReadError =>
  readError('limit.bytes', '', { offset: maxBytes, limit: maxBytes })
