// The two faults of a lock, with the JSON pointer of where it is wrong. What is wrong is found elsewhere in lock/.

import { SidelaneError } from '../../model/index.ts'

/** Outside profile p1: a keyword, a form, a pattern. */
export const unsupported = (pointer: string, what: string): SidelaneError =>
  fault('contract.unsupported', pointer, what)

/** Malformed: a bad keyword value, a missing field, a dangling reference. */
export const invalid = (pointer: string, what: string): SidelaneError => fault('contract.invalid', pointer, what)

function fault(code: 'contract.unsupported' | 'contract.invalid', pointer: string, what: string): SidelaneError {
  const where = pointer === '' ? 'the lock itself' : pointer
  return new SidelaneError(code, { pointer, message: `${what} (at ${where})` })
}
