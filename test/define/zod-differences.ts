// The differences from zod that docs/contract.md lists ("Differences from zod"), each as a predicate over one comparison.
// What none of them covers must be equal.

import type { ZodType } from 'zod'
import { coercesContainer } from './payloads.ts'

export interface Comparison {
  readonly source: string
  readonly schema: ZodType
  readonly numbers: 'safe' | 'double' | 'int64'
  /** Wide integers are bigints. */
  readonly payload: unknown
  /** The JSON text of the payload, without escapes of characters beyond ASCII. */
  readonly text: string
}

type IsDifferent = (comparison: Comparison) => boolean

const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value]
  if (typeof value === 'bigint' || typeof value === 'string') return [Number(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : []
}

const bigintsIn = (value: unknown): bigint[] => {
  if (typeof value === 'bigint') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bigintsIn) : []
}

/** Lists and objects are not coerced (`type`). */
const coercedContainers: IsDifferent = ({ schema, payload }) => coercesContainer(schema, payload)

/** A number beyond 2^53 - 1 that coercion makes is `type` too. */
const coercedWideNumbers: IsDifferent = ({ source, numbers, payload }) =>
  source.includes('z.coerce.number()') &&
  numbers !== 'double' &&
  numbersIn(payload).some((value) => Number.isInteger(value) && !Number.isSafeInteger(value))

/** `Σ` becomes `σ` at the end of a word too. */
const finalSigma: IsDifferent = ({ source, text }) => source.includes('.toLowerCase()') && text.includes('Σ')

/** Length bounds ahead of `.url()` are of the text without the white space that `.url()` removes. */
const lengthsAheadOfUrl: IsDifferent = ({ source, text }) =>
  /\.(?:min|max|length|nonempty)\(\d*\)(?:\.\w+\([^()]*\))*\.(?:url\(|pipe\(z\.(?:url|httpUrl)\()/.test(source) &&
  /\s|\\[nrt]/.test(text)

/** A host name of a URL that is not ASCII is read by one rule on every runtime. */
const foreignHosts: IsDifferent = ({ source, text }) => /url\(|httpUrl/.test(source) && /:[^"]*[^ -~]/.test(text)

/** Multiples of very large ratios, where zod accepts any number. */
const largeRatios: IsDifferent = ({ source, payload }) => {
  const steps = [...source.matchAll(/\.(?:multipleOf|step)\(([\d.e-]+)\)/g)].map(([, step]) => Number(step))
  return steps.some((step) => numbersIn(payload).some((value) => Math.abs(value / step) >= 2 ** 48))
}

/** With `numbers: 'int64'`, bounds, constants and `multipleOf` are exact for integers that zod reads as doubles. */
const exactWideIntegers: IsDifferent = ({ payload }) =>
  bigintsIn(payload).some((integer) => BigInt(Number(integer)) !== integer)

/** `\p{L}` is that of Unicode 15.0: the runtime's may be newer. */
const newerCategories: IsDifferent = ({ source, text }) => /\\p\{/i.test(source) && /[^\0-\u02ff]/.test(text)

/** A default of a z.bigint() is a bigint in `outcome.value()`, even if it was given as a number. */
const numbersAsDefaults: IsDifferent = ({ source, numbers }) =>
  numbers === 'int64' && /bigint|int64/.test(source) && /\.(?:default|prefault)\((?:5|\[1, 2\])\)/.test(source)

/** Where the schema says nothing, as at z.json(), `outcome.value()` has a bigint beyond 2^53 - 1. */
const wideIntegersOfJson: IsDifferent = ({ source, payload }) =>
  source.includes('z.json()') && bigintsIn(payload).length > 0

/** The V8 of Node 26 does not match astral text before `$`. */
const missesAstral = !/[^a]$/u.test('\u{1f600}')
const astralInV8: IsDifferent = ({ source, text }) =>
  missesAstral && /\/\w*u/.test(source) && /[\u{10000}-\u{10ffff}]/u.test(text)

/** In V8, `\B` of a search may hold between the two halves of a character: a match that ECMA-262 has not. */
const splitsAstral = /\B/u.test('a\u{1f600}a')
const noBoundaryInV8: IsDifferent = ({ source, text }) =>
  splitsAstral && /\\B.*\/\w*u/.test(source) && /[\u{10000}-\u{10ffff}]/u.test(text)

export const differences: Readonly<Record<string, IsDifferent>> = {
  coercedContainers,
  coercedWideNumbers,
  finalSigma,
  lengthsAheadOfUrl,
  foreignHosts,
  largeRatios,
  exactWideIntegers,
  newerCategories,
  numbersAsDefaults,
  wideIntegersOfJson,
  astralInV8,
  noBoundaryInV8,
}

/** Integers that the data model refuses (`number.unsafe_integer`), whatever the schema says. */
export function hasRefusedInteger({ payload, numbers }: Pick<Comparison, 'payload' | 'numbers'>): boolean {
  if (typeof payload === 'bigint') return numbers === 'safe' || payload < -(2n ** 63n) || payload >= 2n ** 64n
  if (typeof payload === 'number')
    return numbers !== 'double' && Number.isInteger(payload) && !Number.isSafeInteger(payload)
  return (
    typeof payload === 'object' &&
    payload !== null &&
    Object.values(payload).some((member: unknown) => hasRefusedInteger({ payload: member, numbers }))
  )
}
