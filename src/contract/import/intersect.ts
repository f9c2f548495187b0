// allOf, and keywords beside `$ref`: two schemas that must both hold, merged into one.

import { stringifyWithBigints } from '../../json/index.ts'
import {
  isAny,
  sameSchema,
  valuesOf,
  withoutAnnotations,
  type PatternDocument,
  type SchemaDocument,
} from '../schema-document.ts'
import { child, expand, type Importer } from './importer.ts'
import type { Location } from './references.ts'
import { mergeUndeclared } from './undeclared.ts'
import { branchesByKind, isOfType, unionOfTypes } from './unions.ts'

export function intersect(importer: Importer, a: SchemaDocument, b: SchemaDocument, at: Location): SchemaDocument {
  if (isAny(a)) return { ...a, ...b }
  if (isAny(b)) return { ...b, ...a }
  if (sameSchema(a, b)) return a
  const [left, right] = [expand(importer, a), expand(importer, b)]
  const isMerging = ([one, other]: readonly [SchemaDocument, SchemaDocument]): boolean =>
    one === left && other === right
  if (left === undefined || right === undefined || importer.merging.some(isMerging)) {
    return importer.reject(at, 'both a recursive schema and further rules; write one schema')
  }
  if (isAny(left)) return b
  if (isAny(right)) return a
  importer.merging.push([left, right])
  const merged = importer.step(() => merge(importer, left, right, at))
  importer.merging.pop()
  return merged
}

function merge(importer: Importer, left: SchemaDocument, right: SchemaDocument, at: Location): SchemaDocument {
  if (left.anyOf !== undefined || right.anyOf !== undefined || Array.isArray(left.type) || Array.isArray(right.type)) {
    return mergeByKind(importer, left, right, at)
  }
  if (left.type === 'object' && right.type === 'object') return mergeObjects(importer, left, right, at)
  const merged = mergeValues(left, right) ?? mergeStrings(left, right) ?? mergeNumbers(left, right)
  return merged ?? importer.reject(at, 'these schemas must both hold and cannot be merged; write one schema')
}

/** Where each side has one branch a JSON type: the branches of the types that both accept. */
function mergeByKind(importer: Importer, a: SchemaDocument, b: SchemaDocument, at: Location): SchemaDocument {
  const [left, right] = [branchesByKind(a), branchesByKind(b)]
  const common = [...(left?.keys() ?? [])].filter((kind) => right?.has(kind))
  if (left === undefined || right === undefined || common.length === 0) {
    return importer.reject(at, 'these schemas must both hold and cannot be merged; write one schema')
  }
  return unionOfTypes(
    common.map((kind) => intersect(importer, left.get(kind) as SchemaDocument, right.get(kind) as SchemaDocument, at)),
  )
}

type Rest = SchemaDocument | boolean | undefined

function mergeObjects(importer: Importer, a: SchemaDocument, b: SchemaDocument, at: Location): SchemaDocument {
  if (a.propertyNames !== undefined || b.propertyNames !== undefined) {
    return importer.reject(at, 'a rule for all keys beside another object; write one schema')
  }
  const properties = new Map(Object.entries(a.properties ?? {}))
  const required = new Set([...(a.required ?? []), ...(b.required ?? [])])
  // What one side alone declares stands as it is, where the other side has no rule for it.
  const others = b.additionalProperties === undefined ? [] : properties.keys()
  for (const key of new Set([...others, ...Object.keys(b.properties ?? {})])) {
    const [left, right] = [memberOf(a, key), memberOf(b, key)]
    if (left === false || right === false) {
      if (required.has(key)) importer.reject(child(at, key), 'one side requires what the other does not allow')
      properties.delete(key)
      continue
    }
    const { default: first } = left
    const { default: second = first } = right
    if (first !== undefined && stringifyWithBigints(first) !== stringifyWithBigints(second)) {
      importer.reject(child(at, key), 'two defaults for one member; write one of them')
    }
    const node = intersect(importer, withoutDefault(left), withoutDefault(right), child(at, key))
    properties.set(key, second === undefined ? node : { ...node, default: second })
  }
  for (const key of required) {
    const member = properties.get(key)
    if (member !== undefined) properties.set(key, withoutDefault(member))
  }
  const rest = mergeRest(importer, a.additionalProperties, b.additionalProperties, at)
  const hidden = Object.keys({ ...a.properties, ...b.properties }).length > properties.size
  if (hidden && rest !== false) importer.reject(at, 'a member that one side does not allow; write one schema')
  return {
    ...withoutUndeclared(a),
    ...withoutUndeclared(b),
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...required],
    ...(rest !== undefined && { additionalProperties: rest }),
    ...(rest === undefined && mergeUndeclared(a, b)),
  }
}

/** The node itself where it has none: a node that is met again is recognized. */
const withoutDefault = (node: SchemaDocument): SchemaDocument => {
  if (node.default === undefined) return node
  const { default: _default, ...rest } = node
  return rest
}

const withoutUndeclared = (node: SchemaDocument): SchemaDocument =>
  Object.fromEntries(
    Object.entries(withoutAnnotations(node)).filter(([key]) => key !== 'x-unknown' && key !== 'x-closed'),
  )

const memberOf = (
  { properties = {}, additionalProperties: rest }: SchemaDocument,
  key: string,
): SchemaDocument | false =>
  Object.hasOwn(properties, key) ? (properties[key] as SchemaDocument) : rest === false ? false : asSchema(rest)

const asSchema = (rest: Rest): SchemaDocument => (typeof rest === 'object' ? rest : {})

function mergeRest(importer: Importer, a: Rest, b: Rest, at: Location): Rest {
  if (a === false || b === false) return false
  if (a === undefined && b === undefined) return undefined
  return intersect(importer, asSchema(a), asSchema(b), at)
}

/** Constants on one side: those that the other side's type or constants admit. */
function mergeValues(a: SchemaDocument, b: SchemaDocument): SchemaDocument | undefined {
  const [values, other] = valuesOf(a) === undefined ? [valuesOf(b), a] : [valuesOf(a), b]
  const otherValues = valuesOf(other)
  if (values === undefined) return undefined
  const onlyType = Object.keys(withoutAnnotations(other)).every((key) => key === 'type')
  if (otherValues === undefined && !onlyType) return undefined
  const types = [other.type ?? []].flat()
  const common = values.filter((value) =>
    otherValues === undefined ? types.some((type) => isOfType(value, type)) : otherValues.includes(value),
  )
  const norm = mergeNorms(a, b)
  return common.length === 0 || norm === undefined ? undefined : { enum: common, ...norm }
}

function mergeStrings(a: SchemaDocument, b: SchemaDocument): SchemaDocument | undefined {
  if (a.type !== 'string' || b.type !== 'string' || isFixed(a) || isFixed(b)) return undefined
  const { 'x-pattern-units': _a, ...left } = a
  const { 'x-pattern-units': _b, ...right } = b
  const [pattern, ...more] = [...patternsOf(a), ...patternsOf(b)]
  const [norm, url] = [mergeNorms(a, b), mergeUrls(a, b)]
  if (norm === undefined || url === undefined) return undefined
  return {
    ...left,
    ...right,
    ...bounds(a, b, 'minLength', 'maxLength'),
    ...pattern,
    ...(more.length > 0 && { allOf: more }),
    ...norm,
    ...url,
  }
}

/** The norm of the side that has one; undefined for two that differ. Their operations have a fixed order. */
function mergeNorms(
  { 'x-norm': a }: SchemaDocument,
  { 'x-norm': b }: SchemaDocument,
): Pick<SchemaDocument, 'x-norm'> | undefined {
  const norm = a ?? b
  if (norm === undefined) return {}
  const operations = (list: readonly string[]): string => [...new Set(list)].toSorted().join()
  return operations(norm) === operations(b ?? norm) ? { 'x-norm': norm } : undefined
}

/** The patterns of both sides; undefined for two that differ. */
function mergeUrls(
  { 'x-url': a }: SchemaDocument,
  { 'x-url': b }: SchemaDocument,
): Pick<SchemaDocument, 'x-url'> | undefined {
  if (a === undefined && b === undefined) return {}
  const differ = (key: 'hostname' | 'protocol'): boolean =>
    a?.[key] !== undefined && b?.[key] !== undefined && a[key] !== b[key]
  return differ('hostname') || differ('protocol') ? undefined : { 'x-url': { ...a, ...b } }
}

const isFixed = (node: SchemaDocument): boolean => valuesOf(node) !== undefined

const patternsOf = ({ pattern, 'x-pattern-units': units, allOf = [] }: SchemaDocument): PatternDocument[] => [
  ...(pattern === undefined ? [] : [{ pattern, ...(units !== undefined && { 'x-pattern-units': units }) }]),
  ...allOf,
]

function mergeNumbers(a: SchemaDocument, b: SchemaDocument): SchemaDocument | undefined {
  const types = [a.type, b.type]
  if (!types.every((type) => type === 'number' || type === 'integer') || isFixed(a) || isFixed(b)) return undefined
  if (a.multipleOf !== undefined && b.multipleOf !== undefined && a.multipleOf !== b.multipleOf) return undefined
  return {
    ...a,
    ...b,
    type: types.includes('integer') ? 'integer' : 'number',
    ...bounds(a, b, 'minimum', 'maximum'),
    ...bounds(a, b, 'exclusiveMinimum', 'exclusiveMaximum'),
  }
}

type Bounds = Pick<
  SchemaDocument,
  'minLength' | 'maxLength' | 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum'
>

/** The tighter one of both. */
function bounds(a: SchemaDocument, b: SchemaDocument, low: keyof Bounds, high: keyof Bounds): Bounds {
  const lows = [a[low], b[low]].filter((value) => value !== undefined)
  const highs = [a[high], b[high]].filter((value) => value !== undefined)
  return {
    ...(lows.length > 0 && { [low]: lows.reduce((tightest, value) => (value > tightest ? value : tightest)) }),
    ...(highs.length > 0 && { [high]: highs.reduce((tightest, value) => (value < tightest ? value : tightest)) }),
  }
}
