// The two errors of parsing a lock, with the JSON pointer of the place.

import { SidelaneError } from '../../model/index.ts'

/** Outside profile p1: a keyword, a kind of schema, a pattern. */
export const unsupported = (pointer: string, what: string): SidelaneError =>
  lockError('contract.unsupported', pointer, what)

/** Malformed: a bad keyword value, a missing field, a dangling reference. */
export const invalid = (pointer: string, what: string): SidelaneError => lockError('contract.invalid', pointer, what)

function lockError(code: 'contract.unsupported' | 'contract.invalid', pointer: string, what: string): SidelaneError {
  const where = pointer === '' ? 'the lock itself' : pointer
  return new SidelaneError(code, { pointer, message: `${what} (at ${where})` })
}
