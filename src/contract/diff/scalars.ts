// Strings, numbers and lists of values: what became narrower, wider, or different.

import type { NumberLimits, ScalarNode, SchemaNode, StringLimits, ValuesNode } from '../../model/index.ts'
import { change, type Affected, type Change } from './change.ts'
import { pathText, subject, type PayloadPath } from './path.ts'

const noStringLimits: StringLimits = { patterns: [], norm: [] }

export function compareScalars(a: ScalarNode, b: ScalarNode, path: PayloadPath): Change[] {
  const types = compareTypes(a.types, b.types, path)
  const both = (names: readonly string[]): boolean =>
    [a, b].every((node) => node.types.some((type) => names.includes(type)))
  const [left, right] = [a.string ?? noStringLimits, b.string ?? noStringLimits]
  // Limits are compared only where both have the type that they apply to.
  if (both(['string'])) return [...types, ...compareStrings(left, right, path)]
  if (both(['integer', 'number'])) return [...types, ...compareNumbers(a.number ?? {}, b.number ?? {}, path)]
  return [...types, ...compareNorms(left.norm, right.norm, path, false)]
}

function compareTypes(a: readonly string[], b: readonly string[], path: PayloadPath): Change[] {
  // Every integer is a number.
  const within = (type: string, types: readonly string[]): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  const affects: Affected[] = []
  if (a.some((type) => !within(type, b))) affects.push('old-rejected')
  if (b.some((type) => !within(type, a))) affects.push('new-accepted')
  if (affects.length === 0) return []
  return [change(pathText(path), `${subject(path)} was ${a.join(' or ')}, is ${b.join(' or ')}`, affects)]
}

function compareStrings(a: StringLimits, b: StringLimits, path: PayloadPath): Change[] {
  const sources = ({ patterns }: StringLimits): string[] => patterns.map(({ source }) => source)
  const removed = sources(a).filter((source) => !sources(b).includes(source))
  const added = sources(b).filter((source) => !sources(a).includes(source))
  const found = [
    ...bound(path, 'characters, at least', a.minLength, b.minLength, 'least'),
    ...bound(path, 'characters, at most', a.maxLength, b.maxLength, 'most'),
  ]
  if (removed.length > 0 && added.length > 0) {
    const text = `${subject(path)} has another pattern: ${patternText(added)}, was ${patternText(removed)}`
    found.push(change(pathText(path), text, ['old-rejected', 'new-accepted']))
  } else if (added.length > 0) {
    found.push(change(pathText(path), `${subject(path)} must match ${patternText(added)}`, ['old-rejected']))
  } else if (removed.length > 0) {
    found.push(
      change(pathText(path), `${subject(path)} need no longer match ${patternText(removed)}`, ['new-accepted']),
    )
  }
  const limited = [a, b].some(
    ({ patterns, minLength, maxLength }) => patterns.length > 0 || minLength !== undefined || maxLength !== undefined,
  )
  return [...found, ...compareNorms(a.norm, b.norm, path, limited)]
}

const patternText = (sources: readonly string[]): string =>
  sources.map((source) => `/${source.length > 60 ? `${source.slice(0, 59)}…` : source}/`).join(' and ')

/** Limits apply to the normalized text, so verdicts may change with the norm. */
function compareNorms(a: readonly string[], b: readonly string[], path: PayloadPath, limited: boolean): Change[] {
  if (a.join() === b.join()) return []
  const text = (ops: readonly string[]): string => (ops.length === 0 ? 'none' : ops.join(' → '))
  const verdicts: readonly Affected[] = limited ? ['old-rejected', 'new-accepted'] : []
  const what = `${subject(path)} is normalized by ${text(b)}, was by ${text(a)}`
  return [change(pathText(path), what, [...verdicts, 'digests'])]
}

/** A changed bound. A larger lower bound and a smaller upper bound are tighter. */
export function bound(
  path: PayloadPath,
  unit: string,
  a: number | undefined,
  b: number | undefined,
  side: 'least' | 'most',
): Change[] {
  if (a === b) return []
  const open = side === 'least' ? -Infinity : Infinity
  const [from, to] = [a ?? open, b ?? open]
  const tighter = side === 'least' ? to > from : to < from
  const text = (limit: number | undefined): string => (limit === undefined ? 'no limit' : String(limit))
  return [
    change(
      pathText(path),
      `${subject(path)} ${tighter ? 'tightened' : 'loosened'} (${unit} ${text(b)}, was ${text(a)})`,
      [tighter ? 'old-rejected' : 'new-accepted'],
    ),
  ]
}

function compareNumbers(a: NumberLimits, b: NumberLimits, path: PayloadPath): Change[] {
  const found = [
    ...compareEdge(edgeOf(a.minimum, a.exclusiveMinimum), edgeOf(b.minimum, b.exclusiveMinimum), path, 'least'),
    ...compareEdge(edgeOf(a.maximum, a.exclusiveMaximum), edgeOf(b.maximum, b.exclusiveMaximum), path, 'most'),
  ]
  const [from, to] = [a.multipleOf, b.multipleOf]
  if (from === to) return found
  const affects: readonly Affected[] =
    from === undefined || (to !== undefined && Number.isSafeInteger(to) && Number.isInteger(to / from))
      ? ['old-rejected']
      : to === undefined || (Number.isSafeInteger(from) && Number.isInteger(from / to))
        ? ['new-accepted']
        : ['old-rejected', 'new-accepted']
  const text = (step: number | undefined): string => (step === undefined ? 'any number' : `a multiple of ${step}`)
  return [...found, change(pathText(path), `${subject(path)} must be ${text(to)}, was ${text(from)}`, affects)]
}

interface Edge {
  readonly inclusive: number | undefined
  readonly exclusive: number | undefined
}

const edgeOf = (inclusive: number | undefined, exclusive: number | undefined): Edge => ({ inclusive, exclusive })

function compareEdge(a: Edge, b: Edge, path: PayloadPath, side: 'least' | 'most'): Change[] {
  if (a.inclusive === b.inclusive && a.exclusive === b.exclusive) return []
  const sign = side === 'least' ? 1 : -1
  // Larger is tighter; of two equal bounds the exclusive one is.
  const value = ({ inclusive, exclusive }: Edge): readonly [number, number] => {
    const [i, e] = [inclusive, exclusive].map((limit) => (limit === undefined ? -Infinity : limit * sign))
    return (e as number) >= (i as number) && e !== -Infinity ? [e as number, 1] : [i as number, 0]
  }
  const [[from, fromOpen], [to, toOpen]] = [value(a), value(b)]
  if (from === to && fromOpen === toOpen) return []
  const tighter = to > from || (to === from && toOpen > fromOpen)
  const text = ({ inclusive, exclusive }: Edge): string =>
    [
      ...(inclusive === undefined ? [] : [`${side === 'least' ? '≥' : '≤'} ${inclusive}`]),
      ...(exclusive === undefined ? [] : [`${side === 'least' ? '>' : '<'} ${exclusive}`]),
    ].join(' and ') || 'no limit'
  return [
    change(pathText(path), `${subject(path)} ${tighter ? 'tightened' : 'loosened'} (${text(b)}, was ${text(a)})`, [
      tighter ? 'old-rejected' : 'new-accepted',
    ]),
  ]
}

export function compareValues(a: ValuesNode, b: ValuesNode, path: PayloadPath): Change[] {
  const removed = a.values.filter((value) => !b.values.includes(value))
  const added = b.values.filter((value) => !a.values.includes(value))
  const text = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ')
  const found: Change[] = []
  if (removed.length > 0)
    found.push(
      change(
        pathText(path),
        `${subject(path)} may no longer be ${text(removed)}`,
        ['old-rejected'],
        'old payloads with it are rejected',
      ),
    )
  if (added.length > 0)
    found.push(change(pathText(path), `${subject(path)} may also be ${text(added)}`, ['new-accepted']))
  return [...found, ...compareNorms(a.norm, b.norm, path, true)]
}

/** The types of the node's values. */
export const valuesOf = ({ values }: ValuesNode): ScalarNode['types'] =>
  values.map((value) => (value === null ? 'null' : (typeof value as 'boolean' | 'number' | 'string')))

/** A short description of the node. */
export function describe(node: SchemaNode): string {
  switch (node.kind) {
    case 'any':
      return 'anything'
    case 'scalar':
      return node.types.join(' or ')
    case 'values':
      return node.values.map((value) => JSON.stringify(value)).join(' or ')
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
