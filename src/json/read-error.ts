// The errors of reading a text or encoding a value. Their codes are rows of the table in model/errors.ts.

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
  /** RFC 6901; only for errors of the data model and `value.not_json`. */
  readonly pointer?: string
}

export const readError = (code: ReadError['code'], pointer?: string): ReadError =>
  pointer === undefined ? { ok: false, code } : { ok: false, code, pointer }
