// The errors of reading a text or encoding a value. Their codes are rows of the table in model/errors.ts.

/** Stages from size to grammar: without a pointer. */
export type TextCode =
  | 'limit.bytes'
  | 'parse.bom'
  | 'parse.utf8'
  | 'parse.lone_surrogate'
  | 'limit.depth'
  | 'parse.syntax'

/** Text of valid grammar that the data model excludes. */
export type ModelCode =
  | 'parse.lone_surrogate'
  | 'parse.forbidden_key'
  | 'parse.duplicate_key'
  | 'limit.keys'
  | 'number.range'
  | 'number.unsafe_integer'

export interface ReadError {
  readonly ok: false
  readonly code: TextCode | ModelCode | 'value.not_json'
  /** RFC 6901; only for errors of the data model and `value.not_json`. */
  readonly pointer?: string
}

export const readError = (code: ReadError['code'], pointer?: string): ReadError =>
  pointer === undefined ? { ok: false, code } : { ok: false, code, pointer }
