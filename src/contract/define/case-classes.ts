// What flag i of a RegExp takes for the same character (ECMA-262, Canonicalize), frozen at Unicode 15.0.

import type { Ranges } from '../../pattern/index.ts'
import { foldingClasses, upperCaseClasses } from './case-table.ts'

type Classes = readonly (readonly number[])[]

let folding: Classes | undefined
let upperCase: Classes | undefined

/** The characters that flag i takes for one of `ranges` and that are not in it, ascending. */
export function otherCases(ranges: Ranges, flagU: boolean): number[] {
  const classes = flagU ? (folding ??= read(foldingClasses)) : (upperCase ??= read(upperCaseClasses))
  const others = new Set<number>()
  for (const members of classes) {
    const outside = members.filter((member) => !contains(ranges, member))
    if (outside.length < members.length) for (const member of outside) others.add(member)
  }
  return [...others].toSorted((a, b) => a - b)
}

function read(text: string): Classes {
  let first = 0
  return text.split(' ').map((one) => {
    const [step = 0, ...others] = one.split(',').map((digits) => Number.parseInt(digits, 36))
    first += step
    return [first, ...others.map((offset) => first + offset)]
  })
}

function contains(ranges: Ranges, character: number): boolean {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[2 * middle + 1] as number) < character) low = middle + 1
    else high = middle
  }
  return 2 * low < ranges.length && (ranges[2 * low] as number) <= character
}
