// Plans the next pass over the samples from the statistics of the last one: which key discriminates objects, and which
// objects are maps.

import { bestFormat } from './formats.ts'
import type { ObjectStatistics, Plan, ValueStatistics, StringStatistics, Variant } from './sample-statistics.ts'
import { findDiscriminator } from './discriminators.ts'

/** The plan of the next pass; `changed` is false when it would find nothing new. */
export function nextPlan(statistics: ValueStatistics): { readonly plan: Plan; readonly changed: boolean } {
  const progress = { changed: false }
  return { plan: planOf(statistics, progress), changed: progress.changed }
}

function planOf(statistics: ValueStatistics, progress: { changed: boolean }): Plan {
  const { objects, arrays } = statistics
  const items = arrays && planOf(arrays.items, progress)
  if (objects === undefined) return { items }
  const discriminator = objects.discriminator ?? (objects.candidates && findDiscriminator(objects.candidates))
  const record = discriminator === undefined && isRecord(objects)
  if (discriminator !== objects.discriminator || (record && objects.record === undefined)) progress.changed = true
  const plan = {
    record,
    discriminator,
    items,
    values: objects.record && planOf(objects.record.values, progress),
  }
  const variants = [...objects.variants].map(([value, variant]) => [value, memberPlans(variant, progress)] as const)
  // Before the split all branches are one, so its plan is copied to each of them.
  if (objects.discriminator === undefined) return { ...plan, members: variants[0]?.[1] }
  return { ...plan, branches: new Map(variants.map(([value, members]) => [value, { members }])) }
}

const memberPlans = ({ members }: Variant, progress: { changed: boolean }): ReadonlyMap<string, Plan> =>
  new Map([...members].map(([key, member]) => [key, planOf(member, progress)]))

/** Keys that are data: numbers, UUIDs, hashes, dates. */
const idKey = /^(?:-?\d+|[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d)$/i

const minMapKeys = 16

/** True for objects whose keys are data: ids, or many keys that differ between objects. */
export function isRecord({ record, discriminator, count, variants }: ObjectStatistics): boolean {
  if (record !== undefined) return true
  const [variant] = variants.values()
  if (discriminator !== undefined || variant === undefined || variant.members.size < 2) return false
  const statistics = [...variant.members.values()]
  if (new Set(statistics.flatMap((member) => kindsOf(member).map(([kind]) => kind))).size > 1) return false
  if ([...variant.members.keys()].every((key) => idKey.test(key))) return true
  const seen = statistics.reduce((sum, statistics) => sum + statistics.count, 0)
  return (
    statistics.length >= minMapKeys &&
    statistics.every((statistics) => statistics.count < count) &&
    seen / (statistics.length * count) <= 0.25
  )
}

/** The kinds of the observed values without null, with their counts. */
export function kindsOf({ strings, numbers, booleans, arrays, objects }: ValueStatistics): [string, number][] {
  const counts = {
    string: strings.count,
    number: numbers.count,
    boolean: booleans,
    array: arrays?.count ?? 0,
    object: objects?.count ?? 0,
  }
  return Object.entries(counts).filter(([, count]) => count > 0)
}

const minEnumSamples = 20
const maxEnumValues = 12
/** A code rather than text: ASCII without spaces. */
const codeText = /^(?=.*[A-Za-z])[\w.:/+-]{1,32}$/

/** The sorted values of an enum, if a few short codes repeat often; else undefined. */
export function enumOf({ values, count, formats }: StringStatistics): string[] | undefined {
  if (values === undefined || values.size < 2 || values.size > maxEnumValues) return undefined
  if (count < minEnumSamples || count < 8 * values.size || bestFormat(formats) !== undefined) return undefined
  const words = [...values.keys()]
  // A value that occurred once suggests that there are more.
  const closed = words.every((word) => codeText.test(word)) && [...values.values()].every((times) => times > 1)
  return closed ? words.toSorted() : undefined
}
