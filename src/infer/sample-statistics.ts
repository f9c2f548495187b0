// Statistics of the values at one place of the samples, updated one sample at a time. No sample is kept, so memory does not
// grow with their number.

import type { JsonArray, JsonObject, JsonValue } from '../json/index.ts'
import { allFormats, formatsOf } from './formats.ts'
import { countObject, newDiscriminatorStatistics, type DiscriminatorStatistics } from './discriminators.ts'

/** Decisions of an earlier pass over the same samples: which key discriminates objects, and what is a map. */
export interface Plan {
  readonly record?: boolean
  readonly discriminator?: string | undefined
  readonly members?: ReadonlyMap<string, Plan> | undefined
  /** By discriminator value. */
  readonly branches?: ReadonlyMap<string, Plan>
  readonly items?: Plan | undefined
  /** The values of a record. */
  readonly values?: Plan | undefined
}

export interface StringStatistics {
  count: number
  /** In code points. */
  shortest: number
  longest: number
  /** Number of occurrences by value; undefined when there are too many values, or long ones. */
  values: Map<string, number> | undefined
  /** A bit for each format that every value has. */
  formats: number
  /** Number of values with leading or trailing white space. */
  padded: number
}

export interface NumberStatistics {
  count: number
  integers: number
  /** Number of integral values beyond 2^53 - 1. */
  unsafe: number
  least: number
  greatest: number
}

export interface ArrayStatistics {
  count: number
  fewest: number
  most: number
  readonly items: ValueStatistics
}

/** The objects of one discriminator value, or all objects. */
export interface Variant {
  count: number
  readonly members: Map<string, ValueStatistics>
}

export interface ObjectStatistics {
  count: number
  readonly discriminator: string | undefined
  /** By discriminator value; without a discriminator all objects are under ''. */
  readonly variants: Map<string, Variant>
  /** Set when the objects are maps: the statistics of all values, and of the keys as strings. */
  record: { readonly values: ValueStatistics; readonly keys: StringStatistics } | undefined
  /** Candidates of a discriminator. Undefined once it is decided. */
  candidates: DiscriminatorStatistics | undefined
}

export interface ValueStatistics {
  readonly plan: Plan | undefined
  count: number
  nulls: number
  booleans: number
  readonly numbers: NumberStatistics
  readonly strings: StringStatistics
  arrays: ArrayStatistics | undefined
  objects: ObjectStatistics | undefined
}

/** Objects with more keys at one place are maps. */
const maxKeys = 256
const maxValues = 24
const maxValueLength = 40

export const newStatistics = (plan?: Plan): ValueStatistics => ({
  plan,
  count: 0,
  nulls: 0,
  booleans: 0,
  numbers: { count: 0, integers: 0, unsafe: 0, least: Infinity, greatest: -Infinity },
  strings: newStrings(),
  arrays: undefined,
  objects: undefined,
})

/** Adds one value. */
export function observe(statistics: ValueStatistics, value: JsonValue): void {
  statistics.count++
  if (value === null) statistics.nulls++
  else if (typeof value === 'boolean') statistics.booleans++
  else if (typeof value === 'string') observeString(statistics.strings, value)
  // The samples are read with `numbers: "safe"`: no bigint.
  else if (typeof value === 'number' || typeof value === 'bigint') observeNumber(statistics.numbers, Number(value))
  else if (Array.isArray(value)) observeArray((statistics.arrays ??= newArrays(statistics.plan?.items)), value)
  else observeObject((statistics.objects ??= newObjects(statistics.plan)), value, statistics.plan)
}

const newArrays = (items: Plan | undefined): ArrayStatistics => ({
  count: 0,
  fewest: Infinity,
  most: 0,
  items: newStatistics(items),
})

const newStrings = (): StringStatistics => ({
  count: 0,
  shortest: Infinity,
  longest: 0,
  values: new Map(),
  formats: allFormats,
  padded: 0,
})

const newObjects = (plan: Plan | undefined): ObjectStatistics => ({
  count: 0,
  discriminator: plan?.discriminator,
  variants: new Map(),
  record: plan?.record === true ? newRecord(plan.values) : undefined,
  candidates: plan?.discriminator === undefined && plan?.record !== true ? newDiscriminatorStatistics() : undefined,
})

const newRecord = (plan?: Plan): ObjectStatistics['record'] & object => ({
  values: newStatistics(plan),
  keys: newStrings(),
})

function observeNumber(statistics: NumberStatistics, value: number): void {
  const integers = Number(Number.isInteger(value))
  const unsafe = Number.isSafeInteger(value) ? 0 : integers
  mergeNumbers(statistics, { count: 1, integers, unsafe, least: value, greatest: value })
}

function observeString(statistics: StringStatistics, value: string): void {
  const length = codePoints(value)
  mergeStrings(statistics, {
    count: 1,
    shortest: length,
    longest: length,
    values: new Map([[value, 1]]),
    formats: formatsOf(value, statistics.formats),
    padded: Number(value.trim() !== value),
  })
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}

function addValue(statistics: StringStatistics, value: string, times: number): void {
  const { values } = statistics
  if (values === undefined) return
  if (value.length > maxValueLength || (values.size >= maxValues && !values.has(value))) statistics.values = undefined
  else values.set(value, (values.get(value) ?? 0) + times)
}

function observeArray(statistics: ArrayStatistics, items: JsonArray): void {
  statistics.count++
  statistics.fewest = Math.min(statistics.fewest, items.length)
  statistics.most = Math.max(statistics.most, items.length)
  for (const item of items) observe(statistics.items, item)
}

function observeObject(statistics: ObjectStatistics, value: JsonObject, plan: Plan | undefined): void {
  statistics.count++
  if (statistics.record !== undefined) {
    observeRecord(statistics.record, value)
    return
  }
  if (statistics.candidates !== undefined) countObject(statistics.candidates, value)
  // An earlier pass found it in every object, as a string.
  const discriminatorValue =
    statistics.discriminator === undefined ? '' : (value.get(statistics.discriminator) as string)
  const branch = statistics.discriminator === undefined ? plan : (plan?.branches?.get(discriminatorValue) ?? plan)
  const variant = variantOf(statistics, discriminatorValue)
  variant.count++
  for (const { key, value: member } of value.members) observe(memberOf(variant, key, branch), member)
  if (variant.members.size > maxKeys) becomeRecord(statistics)
}

function variantOf(statistics: ObjectStatistics, discriminatorValue: string): Variant {
  const variant: Variant = statistics.variants.get(discriminatorValue) ?? { count: 0, members: new Map() }
  statistics.variants.set(discriminatorValue, variant)
  return variant
}

function memberOf({ members }: Variant, key: string, plan?: Plan): ValueStatistics {
  const member = members.get(key) ?? newStatistics(plan?.members?.get(key))
  members.set(key, member)
  return member
}

function observeRecord(record: ObjectStatistics['record'] & object, value: JsonObject): void {
  for (const member of value.members) {
    observeString(record.keys, member.key)
    observe(record.values, member.value)
  }
}

/** Treats the keys as data from now on: merges the statistics of all members. */
export function becomeRecord(statistics: ObjectStatistics): void {
  const record = (statistics.record ??= newRecord())
  for (const { members } of statistics.variants.values()) {
    for (const [key, statistics] of members) {
      observeString(record.keys, key)
      merge(record.values, statistics)
    }
  }
  statistics.variants.clear()
  statistics.candidates = undefined
}

/** Adds the statistics of another place to `into`. */
function merge(into: ValueStatistics, from: ValueStatistics): void {
  into.count += from.count
  into.nulls += from.nulls
  into.booleans += from.booleans
  mergeNumbers(into.numbers, from.numbers)
  mergeStrings(into.strings, from.strings)
  if (from.arrays !== undefined) mergeArrays((into.arrays ??= newArrays(undefined)), from.arrays)
  if (from.objects !== undefined) {
    into.objects ??= { ...newObjects(undefined), discriminator: from.objects.discriminator }
    mergeObjects(into, into.objects, from.objects)
  }
}

function mergeNumbers(into: NumberStatistics, from: NumberStatistics): void {
  into.count += from.count
  into.integers += from.integers
  into.unsafe += from.unsafe
  into.least = Math.min(into.least, from.least)
  into.greatest = Math.max(into.greatest, from.greatest)
}

function mergeStrings(into: StringStatistics, from: StringStatistics): void {
  into.count += from.count
  into.shortest = Math.min(into.shortest, from.shortest)
  into.longest = Math.max(into.longest, from.longest)
  into.formats &= from.formats
  into.padded += from.padded
  if (from.values === undefined) into.values = undefined
  for (const [value, times] of from.values ?? []) addValue(into, value, times)
}

function mergeArrays(into: ArrayStatistics, from: ArrayStatistics): void {
  into.count += from.count
  into.fewest = Math.min(into.fewest, from.fewest)
  into.most = Math.max(into.most, from.most)
  merge(into.items, from.items)
}

function mergeObjects(owner: ValueStatistics, into: ObjectStatistics, from: ObjectStatistics): void {
  into.count += from.count
  // Counts of separate places cannot be combined to find a discriminator of both.
  into.candidates = undefined
  if (into.record !== undefined || from.record !== undefined) {
    becomeRecord(into)
    becomeRecord(from)
    if (into.record === undefined || from.record === undefined) return
    mergeStrings(into.record.keys, from.record.keys)
    merge(into.record.values, from.record.values)
    return
  }
  let target = into
  if (into.discriminator !== from.discriminator && into.discriminator !== undefined) {
    target = { ...into, discriminator: undefined, variants: new Map() }
    for (const variant of into.variants.values()) mergeVariant(variantOf(target, ''), variant)
    owner.objects = target
  }
  for (const [discriminatorValue, variant] of from.variants) {
    const name = target.discriminator === undefined ? '' : discriminatorValue
    mergeVariant(variantOf(target, name), variant)
  }
  if ([...target.variants.values()].some(({ members }) => members.size > maxKeys)) becomeRecord(target)
}

/** Adds the objects of another variant to `into`. */
export function mergeVariant(into: Variant, from: Variant): void {
  into.count += from.count
  for (const [key, statistics] of from.members) merge(memberOf(into, key), statistics)
}
