// The code points of a general category, frozen at Unicode 15.0: what `\p{…}` of a pattern means.
// native/core/src/pattern/general_category.rs is the twin.

import { categoryAliases, categoryLetters, categoryNames, categoryRuns } from './general-category-table.ts'
import type { Ranges } from './ranges.ts'

const known = new Map<string, Ranges>()

/** The set of a category or a group of them, by its short or long name (`Lu`, `Letter`); undefined for other names. */
export function generalCategory(name: string): Ranges | undefined {
  const categories = Object.hasOwn(categoryAliases, name) ? categoryAliases[name] : undefined
  if (categories === undefined) return undefined
  const ranges = known.get(categories) ?? rangesOf(categories)
  known.set(categories, ranges)
  return ranges
}

function rangesOf(categories: string): Ranges {
  const names = categoryNames.split(' ')
  const wanted = new Set(categories.split(' ').map((name) => categoryLetters[names.indexOf(name)]))
  const ranges: number[] = []
  let from = 0
  for (const [, letter = '', digits = ''] of categoryRuns.matchAll(/([A-Z!#$%])([0-9a-z]*)/g)) {
    const end = from + (digits === '' ? 1 : Number.parseInt(digits, 36))
    if (wanted.has(letter)) {
      if (ranges.at(-1) === from - 1) ranges[ranges.length - 1] = end - 1
      else ranges.push(from, end - 1)
    }
    from = end
  }
  return ranges
}
