// Why a text or a value is no JSON that we take. Codes and order are the contract's (model/errors.ts has the table);
// turning a refusal into an outcome is the contract's work.

/** From size to grammar: no pointer. */
export type TextCode =
  | 'limit.bytes'
  | 'parse.bom'
  | 'parse.utf8'
  | 'parse.lone_surrogate'
  | 'limit.depth'
  | 'parse.syntax'

/** Text whose grammar is right, with something in it that the data model leaves out. */
export type ModelCode =
  | 'parse.lone_surrogate'
  | 'parse.forbidden_key'
  | 'parse.duplicate_key'
  | 'limit.keys'
  | 'number.range'
  | 'number.unsafe_integer'

export interface Refusal {
  readonly ok: false
  readonly code: TextCode | ModelCode | 'value.not_json'
  /** RFC 6901; only for data-model trouble and `value.not_json`. */
  readonly pointer?: string
}

export const refuse = (code: Refusal['code'], pointer?: string): Refusal =>
  pointer === undefined ? { ok: false, code } : { ok: false, code, pointer }
