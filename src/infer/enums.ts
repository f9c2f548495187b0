// Guesses which texts are one of few codes.

import { bestFormat } from './formats.ts'
import type { StringFacts } from './scalar-facts.ts'
import { isCodeWord, isPrivateName } from './words.ts'

const minSamples = 20
const maxValues = 12

/**
 * The sorted values of an enum, if a few short codes repeat often at the member `label`. Undefined otherwise, and for ids,
 * names and credentials.
 */
export function enumOf({ values, count, formats }: StringFacts, label: string): string[] | undefined {
  if (values === undefined || values.size < 2 || values.size > maxValues) return undefined
  if (count < minSamples || count < 8 * values.size || bestFormat(formats) !== undefined) return undefined
  if (isPrivateName(label)) return undefined
  const words = [...values.keys()]
  // A value that occurred once suggests that there are more.
  const closed = words.every(isCodeWord) && [...values.values()].every((times) => times > 1)
  return closed ? words.toSorted() : undefined
}
