// The mark of outcomes whose body a dictionary compressed: no client can read it without the dictionary, and nothing in the body
// says so where the dictionary is plain content. Not enumerable, as `via`.

import { addBrand, brandOf, hasBrand } from '../util/class-brand.ts'
import type { Outcome } from './outcome.ts'

const mark = brandOf('dictionary')

/** Of an outcome of a contract with a dictionary. An outcome that was accepted unprocessed has another codec. */
export function markDictionary(outcome: Outcome): void {
  if (outcome.ok && outcome.codec === 'zstd') addBrand(outcome, mark)
}

export const hasDictionaryMark = (outcome: object): boolean => hasBrand(outcome, mark)
