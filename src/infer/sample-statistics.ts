// What was seen at one place of the samples, counted as they come by: a shape. No sample is kept, so a million of them
// take no more room than a hundred. What a shape means is decided in choose.ts and draft.ts.

import type { JsonArray, JsonObject, JsonPrimitive, JsonValue } from '../json/index.ts'
import { allFormats, formatsOf } from './formats.ts'
import { countTags, newTags, type TagFacts } from './discriminators.ts'

/** What an earlier look at the same samples decided: which key tells objects apart, and what is a map. */
export interface Plan {
  readonly record: boolean
  readonly tag: string | undefined
  readonly members: ReadonlyMap<string, Plan>
  /** By the tag's value. */
  readonly branches: ReadonlyMap<string, Plan>
  readonly items: Plan | undefined
  /** Of a record. */
  readonly values: Plan | undefined
}

export interface StringFacts {
  count: number
  /** In code points. */
  shortest: number
  longest: number
  /** How often each value came; undefined when there are too many, or long ones. */
  values: Map<string, number> | undefined
  /** A bit for each format that every value has. */
  formats: number
  /** Values with white space at an end. */
  padded: number
}

export interface NumberFacts {
  count: number
  integers: number
  /** Integral values beyond 2^53 - 1. */
  unsafe: number
  least: number
  greatest: number
}

export interface ArrayFacts {
  count: number
  fewest: number
  most: number
  readonly items: Shape
}

export type Members = Map<string, Shape>

/** Objects that are told apart by nothing, or by the tag's value. */
export interface Variant {
  count: number
  readonly members: Members
}

export interface ObjectFacts {
  count: number
  readonly tag: string | undefined
  /** By the tag's value; all objects are under '' where there is no tag. */
  readonly variants: Map<string, Variant>
  /** Set when the objects are a map: all values together, and the keys as strings. */
  record: { readonly values: Shape; readonly keys: StringFacts } | undefined
  /** What could tell the objects apart. Undefined when that is decided. */
  tags: TagFacts | undefined
}

export interface Shape {
  readonly plan: Plan | undefined
  count: number
  nulls: number
  booleans: number
  numbers: NumberFacts | undefined
  strings: StringFacts | undefined
  arrays: ArrayFacts | undefined
  objects: ObjectFacts | undefined
}

/** More keys than this at one place are a map, whatever their values are. */
const mostKeys = 256
const mostValues = 24
const longestValue = 40

export const newShape = (plan?: Plan): Shape => ({
  plan,
  count: 0,
  nulls: 0,
  booleans: 0,
  numbers: undefined,
  strings: undefined,
  arrays: undefined,
  objects: undefined,
})

/** Adds one value to what was seen. */
export function observe(shape: Shape, value: JsonValue): void {
  shape.count++
  if (value === null || typeof value !== 'object') observeScalar(shape, value)
  else if (Array.isArray(value)) observeArray((shape.arrays ??= newArrays(shape.plan?.items)), value)
  else observeObject((shape.objects ??= newObjects(shape.plan)), value, shape.plan)
}

function observeScalar(shape: Shape, value: JsonPrimitive): void {
  if (value === null) shape.nulls++
  else if (typeof value === 'boolean') shape.booleans++
  else if (typeof value === 'string') observeString((shape.strings ??= newStrings()), value)
  else observeNumber((shape.numbers ??= newNumbers()), value)
}

const newArrays = (items: Plan | undefined): ArrayFacts => ({
  count: 0,
  fewest: Infinity,
  most: 0,
  items: newShape(items),
})

const newNumbers = (): NumberFacts => ({ count: 0, integers: 0, unsafe: 0, least: Infinity, greatest: -Infinity })

const newStrings = (): StringFacts => ({
  count: 0,
  shortest: Infinity,
  longest: 0,
  values: new Map(),
  formats: allFormats,
  padded: 0,
})

const newObjects = (plan: Plan | undefined): ObjectFacts => ({
  count: 0,
  tag: plan?.tag,
  variants: new Map(),
  record: plan?.record === true ? newRecord(plan.values) : undefined,
  tags: plan?.tag === undefined && plan?.record !== true ? newTags() : undefined,
})

const newRecord = (plan?: Plan): ObjectFacts['record'] & object => ({
  values: newShape(plan),
  keys: newStrings(),
})

function observeNumber(facts: NumberFacts, value: number): void {
  facts.count++
  if (Number.isInteger(value)) facts.integers++
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) facts.unsafe++
  facts.least = Math.min(facts.least, value)
  facts.greatest = Math.max(facts.greatest, value)
}

function observeString(facts: StringFacts, value: string): void {
  facts.count++
  const length = codePoints(value)
  facts.shortest = Math.min(facts.shortest, length)
  facts.longest = Math.max(facts.longest, length)
  if (value.trim() !== value) facts.padded++
  if (facts.formats !== 0) facts.formats = formatsOf(value, facts.formats)
  addValue(facts, value, 1)
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}

function addValue(facts: StringFacts, value: string, times: number): void {
  const { values } = facts
  if (values === undefined) return
  if (value.length > longestValue || (values.size >= mostValues && !values.has(value))) facts.values = undefined
  else values.set(value, (values.get(value) ?? 0) + times)
}

function observeArray(facts: ArrayFacts, items: JsonArray): void {
  facts.count++
  facts.fewest = Math.min(facts.fewest, items.length)
  facts.most = Math.max(facts.most, items.length)
  for (const item of items) observe(facts.items, item)
}

function observeObject(facts: ObjectFacts, value: JsonObject, plan: Plan | undefined): void {
  facts.count++
  if (facts.record !== undefined) {
    observeRecord(facts.record, value)
    return
  }
  if (facts.tags !== undefined) countTags(facts.tags, value)
  // Found in every object of an earlier look, as a string.
  const told = facts.tag === undefined ? '' : (value.get(facts.tag) as string)
  const branch = facts.tag === undefined ? plan : (plan?.branches.get(told) ?? plan)
  const variant = variantOf(facts, told)
  variant.count++
  for (const { key, value: member } of value.members) {
    let shape = variant.members.get(key)
    if (shape === undefined) {
      shape = newShape(branch?.members.get(key))
      variant.members.set(key, shape)
    }
    observe(shape, member)
  }
  if (variant.members.size > mostKeys) becomeRecord(facts)
}

function variantOf(facts: ObjectFacts, told: string): Variant {
  let variant = facts.variants.get(told)
  if (variant === undefined) {
    variant = { count: 0, members: new Map() }
    facts.variants.set(told, variant)
  }
  return variant
}

function observeRecord(record: ObjectFacts['record'] & object, value: JsonObject): void {
  for (const member of value.members) {
    observeString(record.keys, member.key)
    observe(record.values, member.value)
  }
}

/** From here on the keys are data: all members seen so far are put together. */
export function becomeRecord(facts: ObjectFacts): void {
  const record = (facts.record ??= newRecord())
  for (const { members } of facts.variants.values()) {
    for (const [key, shape] of members) {
      observeString(record.keys, key)
      merge(record.values, shape)
    }
  }
  facts.variants.clear()
  facts.tags = undefined
}

/** Adds to `into` what was seen at another place. */
function merge(into: Shape, from: Shape): void {
  into.count += from.count
  into.nulls += from.nulls
  into.booleans += from.booleans
  if (from.numbers !== undefined) mergeNumbers((into.numbers ??= newNumbers()), from.numbers)
  if (from.strings !== undefined) mergeStrings((into.strings ??= newStrings()), from.strings)
  if (from.arrays !== undefined) mergeArrays((into.arrays ??= newArrays(undefined)), from.arrays)
  if (from.objects !== undefined) {
    into.objects ??= { ...newObjects(undefined), tag: from.objects.tag }
    mergeObjects(into, into.objects, from.objects)
  }
}

function mergeNumbers(into: NumberFacts, from: NumberFacts): void {
  into.count += from.count
  into.integers += from.integers
  into.unsafe += from.unsafe
  into.least = Math.min(into.least, from.least)
  into.greatest = Math.max(into.greatest, from.greatest)
}

function mergeStrings(into: StringFacts, from: StringFacts): void {
  into.count += from.count
  into.shortest = Math.min(into.shortest, from.shortest)
  into.longest = Math.max(into.longest, from.longest)
  into.formats &= from.formats
  into.padded += from.padded
  if (from.values === undefined) into.values = undefined
  for (const [value, times] of from.values ?? []) addValue(into, value, times)
}

function mergeArrays(into: ArrayFacts, from: ArrayFacts): void {
  into.count += from.count
  into.fewest = Math.min(into.fewest, from.fewest)
  into.most = Math.max(into.most, from.most)
  merge(into.items, from.items)
}

function mergeObjects(owner: Shape, into: ObjectFacts, from: ObjectFacts): void {
  into.count += from.count
  // Counts of two places do not say what tells the objects of both apart.
  into.tags = undefined
  if (into.record !== undefined || from.record !== undefined) {
    becomeRecord(into)
    becomeRecord(from)
    if (into.record === undefined || from.record === undefined) return
    mergeStrings(into.record.keys, from.record.keys)
    merge(into.record.values, from.record.values)
    return
  }
  let target = into
  if (into.tag !== from.tag && into.tag !== undefined) {
    target = { ...into, tag: undefined, variants: new Map() }
    for (const variant of into.variants.values()) mergeVariant(variantOf(target, ''), variant)
    owner.objects = target
  }
  for (const [told, variant] of from.variants) {
    const name = target.tag === undefined ? '' : told
    mergeVariant(variantOf(target, name), variant)
  }
  if ([...target.variants.values()].some(({ members }) => members.size > mostKeys)) becomeRecord(target)
}

/** Adds to `into` the objects of another variant. */
export function mergeVariant(into: Variant, from: Variant): void {
  into.count += from.count
  for (const [key, shape] of from.members) {
    let target = into.members.get(key)
    if (target === undefined) {
      target = newShape()
      into.members.set(key, target)
    }
    merge(target, shape)
  }
}
