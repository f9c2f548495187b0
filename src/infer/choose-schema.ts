// From what was seen to what to look at again: which key tells objects apart, which objects are maps. Decided for every
// place of a shape after a whole look at the samples.

import { bestFormat } from './formats.ts'
import type { ObjectFacts, Plan, Shape, StringFacts, Variant } from './sample-statistics.ts'
import { findTag } from './discriminators.ts'

const noPlans: ReadonlyMap<string, Plan> = new Map()

/** The plan for the next look; `changed` is false when it would find nothing that this one did not. */
export function nextPlan(shape: Shape): { readonly plan: Plan; readonly changed: boolean } {
  const news = { changed: false }
  return { plan: planOf(shape, news), changed: news.changed }
}

function planOf(shape: Shape, news: { changed: boolean }): Plan {
  const { objects, arrays } = shape
  const items = arrays && planOf(arrays.items, news)
  if (objects === undefined)
    return { record: false, tag: undefined, members: noPlans, branches: noPlans, items, values: undefined }
  const tag = objects.tag ?? (objects.tags && findTag(objects.tags))
  const record = tag === undefined && isRecord(objects)
  if (tag !== objects.tag || (record && objects.record === undefined)) news.changed = true
  const variants = [...objects.variants]
  const [, single] = variants[0] ?? []
  return {
    record,
    tag,
    // Before the split all branches are one; what was found within is kept for each of them.
    members: objects.tag === undefined && single !== undefined ? memberPlans(single, news) : noPlans,
    branches:
      objects.tag === undefined
        ? noPlans
        : new Map(
            variants.map(([told, variant]) => [
              told,
              {
                record: false,
                tag: undefined,
                members: memberPlans(variant, news),
                branches: noPlans,
                items: undefined,
                values: undefined,
              },
            ]),
          ),
    items,
    values: objects.record && planOf(objects.record.values, news),
  }
}

const memberPlans = ({ members }: Variant, news: { changed: boolean }): ReadonlyMap<string, Plan> =>
  new Map([...members].map(([key, member]) => [key, planOf(member, news)]))

/** Keys that are data: numbers, UUIDs, hashes, dates. */
const idKey = /^(?:-?\d+|[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d)$/i

const fewestMapKeys = 16

/** True for objects whose keys are data: ids, or many that differ from object to object. */
export function isRecord({ record, tag, count, variants }: ObjectFacts): boolean {
  if (record !== undefined) return true
  const [variant] = variants.values()
  if (tag !== undefined || variant === undefined || variant.members.size < 2) return false
  const shapes = [...variant.members.values()]
  if (new Set(shapes.flatMap(kindsOf)).size > 1) return false
  if ([...variant.members.keys()].every((key) => idKey.test(key))) return true
  const seen = shapes.reduce((sum, shape) => sum + shape.count, 0)
  return (
    shapes.length >= fewestMapKeys &&
    shapes.every((shape) => shape.count < count) &&
    seen / (shapes.length * count) <= 0.25
  )
}

/** The kinds of value that were seen, null apart. */
export const kindsOf = (shape: Shape): string[] => [
  ...(shape.strings === undefined ? [] : ['string']),
  ...(shape.numbers === undefined ? [] : ['number']),
  ...(shape.booleans === 0 ? [] : ['boolean']),
  ...(shape.arrays === undefined ? [] : ['array']),
  ...(shape.objects === undefined ? [] : ['object']),
]

const fewestEnumSamples = 20
const mostEnumValues = 12
/** A code, not a text: no space, nothing beyond ASCII. */
const codeText = /^(?=.*[A-Za-z])[\w.:/+-]{1,32}$/

/** The values of an enum, sorted, when few short codes come again and again; else undefined. */
export function enumOf({ values, count, formats }: StringFacts): readonly string[] | undefined {
  if (values === undefined || values.size < 2 || values.size > mostEnumValues) return undefined
  if (count < fewestEnumSamples || count < 8 * values.size || bestFormat(formats) !== undefined) return undefined
  const words = [...values.keys()]
  // A value that came once says that more may come.
  const closed = words.every((word) => codeText.test(word)) && [...values.values()].every((times) => times > 1)
  return closed ? words.toSorted() : undefined
}
