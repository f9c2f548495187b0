// Strings, numbers and lists of values: what became narrower, wider, or different.

import type { NumberLimits, NumericLimit, ScalarNode, SchemaNode, StringLimits, ValuesNode } from '../../model/index.ts'
import { stringifyWithBigints } from '../../json/index.ts'
import type { Pattern } from '../../pattern/index.ts'
import { fieldChange, type Affected, type Change } from './change.ts'

const noStringLimits: StringLimits = { patterns: [], norm: [] }

export function compareScalars(a: ScalarNode, b: ScalarNode, path: string): Change[] {
  const types = [...compareTypes(a.types, b.types, path), ...compareCoercions(a, b, path)]
  const both = (names: readonly string[]): boolean =>
    [a, b].every((node) => node.types.some((type) => names.includes(type)))
  const [left, right] = [a.string ?? noStringLimits, b.string ?? noStringLimits]
  // Limits are compared only where both have the type that they apply to.
  if (both(['string'])) return [...types, ...compareStrings(left, right, path)]
  if (both(['integer', 'number'])) {
    return [...types, ...compareNumbers(a.number ?? {}, b.number ?? {}, path), ...compareValueTypes(a, b, path)]
  }
  return [...types, ...compareNorms(left.norm, right.norm, path, false)]
}

/** A scalar of the node's own type stays as it is. */
function compareCoercions(a: ScalarNode, b: ScalarNode, path: string): Change[] {
  const digests: readonly Affected[] = a.types.join() === b.types.join() ? [] : ['digests']
  if (a.coerce && b.coerce) {
    return digests.length === 0 ? [] : [fieldChange(path, `is converted to ${b.types.join()}`, digests)]
  }
  if (b.coerce) return [fieldChange(path, 'is converted from other scalars', ['new-accepted', ...digests])]
  if (a.coerce) return [fieldChange(path, 'is no longer converted from other scalars', ['old-rejected', ...digests])]
  return []
}

function compareUrls(a: StringLimits['url'], b: StringLimits['url'], path: string): Change[] {
  if (a === undefined && b === undefined) return []
  // The text is written without white space around it.
  if (a === undefined) return [fieldChange(path, 'must be a URL', ['old-rejected', 'digests'])]
  if (b === undefined) return [fieldChange(path, 'need no longer be a URL', ['new-accepted', 'digests'])]
  return (['hostname', 'protocol'] as const).flatMap((part) => {
    const [before, after] = [a[part]?.source, b[part]?.source]
    if (before === after) return []
    const affects: Affected[] = []
    if (after !== undefined) affects.push('old-rejected')
    if (before !== undefined) affects.push('new-accepted')
    const text = (source: string | undefined): string => (source === undefined ? 'free' : `/${source}/`)
    return [fieldChange(path, `has a URL whose ${part} is ${text(after)}, was ${text(before)}`, affects)]
  })
}

/** The type in `outcome.value()` concerns the app only. */
const compareValueTypes = (a: ScalarNode, b: ScalarNode, path: string): Change[] =>
  a.bigint === b.bigint
    ? []
    : [fieldChange(path, `outcome.value() gives a ${b.bigint ? 'bigint, was a number' : 'number, was a bigint'}`, [])]

function compareTypes(a: readonly string[], b: readonly string[], path: string): Change[] {
  // Every integer is a number.
  const within = (type: string, types: readonly string[]): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  const affects: Affected[] = []
  if (a.some((type) => !within(type, b))) affects.push('old-rejected')
  if (b.some((type) => !within(type, a))) affects.push('new-accepted')
  return affects.length === 0 ? [] : [fieldChange(path, `was ${a.join(' or ')}, is ${b.join(' or ')}`, affects)]
}

function compareStrings(a: StringLimits, b: StringLimits, path: string): Change[] {
  const [before, after] = [a.patterns.map(patternName), b.patterns.map(patternName)]
  const [removed, added] = [missingFrom(after, before), missingFrom(before, after)]
  const found = [
    ...compareBound(path, 'characters, at least', a.minLength, b.minLength, 'least'),
    ...compareBound(path, 'characters, at most', a.maxLength, b.maxLength, 'most'),
  ]
  if (removed.length > 0 && added.length > 0) {
    const text = `has another pattern: ${patternText(added)}, was ${patternText(removed)}`
    found.push(fieldChange(path, text, ['old-rejected', 'new-accepted']))
  } else if (added.length > 0) {
    found.push(fieldChange(path, `must match ${patternText(added)}`, ['old-rejected']))
  } else if (removed.length > 0) {
    found.push(fieldChange(path, `need no longer match ${patternText(removed)}`, ['new-accepted']))
  }
  const limited = [a, b].some(
    ({ patterns, minLength, maxLength, url }) =>
      patterns.length > 0 || minLength !== undefined || maxLength !== undefined || url !== undefined,
  )
  return [...found, ...compareUrls(a.url, b.url, path), ...compareNorms(a.norm, b.norm, path, limited)]
}

const missingFrom = <T>(list: readonly T[], items: readonly T[]): T[] => items.filter((item) => !list.includes(item))

const patternName = ({ source, units }: Pattern): string => (units === 'utf16' ? `${source} (UTF-16 units)` : source)

const patternText = (sources: readonly string[]): string =>
  sources.map((source) => `/${source.length > 60 ? `${source.slice(0, 59)}…` : source}/`).join(' and ')

/** Limits apply to the normalized text, so verdicts may change with the norm. */
function compareNorms(a: readonly string[], b: readonly string[], path: string, limited: boolean): Change[] {
  if (a.join() === b.join()) return []
  const text = (ops: readonly string[]): string => (ops.length === 0 ? 'none' : ops.join(' → '))
  const verdicts: readonly Affected[] = limited ? ['old-rejected', 'new-accepted'] : []
  return [fieldChange(path, `is normalized by ${text(b)}, was by ${text(a)}`, [...verdicts, 'digests'])]
}

const boundChange = (path: string, tighter: boolean, what: string): Change =>
  tighter
    ? fieldChange(path, `tightened (${what})`, ['old-rejected'])
    : fieldChange(path, `loosened (${what})`, ['new-accepted'])

/** A changed bound. A larger lower bound and a smaller upper bound are tighter. */
export function compareBound(
  path: string,
  unit: string,
  a: number | undefined,
  b: number | undefined,
  side: 'least' | 'most',
): Change[] {
  if (a === b) return []
  const tighter = side === 'least' ? (b ?? -Infinity) > (a ?? -Infinity) : (b ?? Infinity) < (a ?? Infinity)
  return [boundChange(path, tighter, `${unit} ${b ?? 'no limit'}, was ${a ?? 'no limit'}`)]
}

function compareNumbers(a: NumberLimits, b: NumberLimits, path: string): Change[] {
  const found = [
    ...compareEdge([a.minimum, a.exclusiveMinimum], [b.minimum, b.exclusiveMinimum], path, 'least'),
    ...compareEdge([a.maximum, a.exclusiveMaximum], [b.maximum, b.exclusiveMaximum], path, 'most'),
  ]
  const [from, to] = [a.multipleOf, b.multipleOf]
  if (from === to) return found
  const affects: readonly Affected[] = includesSteps(from, to)
    ? ['old-rejected']
    : includesSteps(to, from)
      ? ['new-accepted']
      : ['old-rejected', 'new-accepted']
  const text = (step: NumericLimit | undefined): string => (step === undefined ? 'any number' : `a multiple of ${step}`)
  return [...found, fieldChange(path, `must be ${text(to)}, was ${text(from)}`, affects)]
}

/** True when every multiple of `coarse` is certainly one of `fine`; undefined: any number. */
const includesSteps = (fine: NumericLimit | undefined, coarse: NumericLimit | undefined): boolean => {
  if (fine === undefined) return true
  if (typeof fine === 'number') return Number.isSafeInteger(coarse) && Number.isInteger((coarse as number) / fine)
  return typeof coarse === 'bigint' && coarse % fine === 0n
}

type Edge = readonly [inclusive: NumericLimit | undefined, exclusive: NumericLimit | undefined]

function compareEdge(a: Edge, b: Edge, path: string, side: 'least' | 'most'): Change[] {
  const [sign, inclusiveSign, exclusiveSign] = side === 'least' ? [1, '≥', '>'] : [-1, '≤', '<']
  // Larger is tighter; of two equal bounds the exclusive one is.
  const signed = (limit: NumericLimit): NumericLimit => (sign === 1 ? limit : -limit)
  const value = (edge: Edge): readonly [NumericLimit, number] => {
    const [i = -Infinity, e = -Infinity] = edge.map((limit) => limit && signed(limit))
    return e >= i && e !== -Infinity ? [e, 1] : [i, 0]
  }
  const [[from, fromOpen], [to, toOpen]] = [value(a), value(b)]
  if (from === to && fromOpen === toOpen) return []
  const text = ([inclusive, exclusive]: Edge): string =>
    [
      ...(inclusive === undefined ? [] : [`${inclusiveSign} ${inclusive}`]),
      ...(exclusive === undefined ? [] : [`${exclusiveSign} ${exclusive}`]),
    ].join(' and ') || 'no limit'
  return [boundChange(path, to > from || (to === from && toOpen > fromOpen), `${text(b)}, was ${text(a)}`)]
}

export function compareValues(a: ValuesNode, b: ValuesNode, path: string): Change[] {
  const [removed, added] = [missingFrom(b.values, a.values), missingFrom(a.values, b.values)]
  const text = (values: readonly unknown[]): string => values.map((value) => stringifyWithBigints(value)).join(', ')
  const found = compareNorms(a.norm, b.norm, path, true)
  if (added.length > 0) found.unshift(fieldChange(path, `may also be ${text(added)}`, ['new-accepted']))
  if (removed.length > 0) {
    const what = `may no longer be ${text(removed)}`
    found.unshift(fieldChange(path, what, ['old-rejected'], 'old payloads with it are rejected'))
  }
  return found
}

/** A short description of the node. */
export function describe(node: SchemaNode): string {
  switch (node.kind) {
    case 'any':
      return 'anything'
    case 'scalar':
      return node.types.join(' or ')
    case 'values':
      return node.values.map((value) => stringifyWithBigints(value)).join(' or ')
    case 'array':
      return node.prefix.length > 0 ? 'a tuple' : 'an array'
    case 'object':
      return node.names === undefined ? 'an object' : 'a record'
    case 'union':
      return 'one of several'
    case 'nullable':
      return `${describe(node.inner)} or null`
    case 'discriminated':
      return `one of several, by ${JSON.stringify(node.key)}`
    case 'ref':
      return 'a reference'
  }
}
