// Does one key decide the shape of an object? Counted beside the shape: for each key that could be such a tag, which
// members come with which of its values. A tag is found when chance cannot explain what it explains.

import { JsonObject, type JsonValue } from '../json/index.ts'

interface TagValue {
  count: number
  /** How many objects with this value have the fact. */
  readonly facts: Map<string, number>
}

export interface TagFacts {
  count: number
  /** How many objects have the fact, such as "member `iban` is a string". Undefined when there are too many facts. */
  totals: Map<string, number> | undefined
  /** Candidate keys; undefined before the first object. */
  candidates: Map<string, Map<string, TagValue>> | undefined
}

const mostCandidates = 12
const mostTagValues = 32
const mostFacts = 512
const tagText = /^[A-Za-z][\w .:/-]{0,39}$/
/** One in a thousand such findings may be chance. */
const certainBits = 10

export const newTags = (): TagFacts => ({ count: 0, totals: new Map(), candidates: undefined })

/** Counts one object. */
export function countTags(tags: TagFacts, object: JsonObject): void {
  tags.count++
  if (tags.totals === undefined) return
  tags.candidates ??= candidatesOf(object)
  const facts = factsOf(object)
  for (const [key, values] of tags.candidates) {
    const text = object.get(key)
    if (!isTag(text) || (!values.has(text) && values.size >= mostTagValues)) tags.candidates.delete(key)
    else countValue(values, text, facts)
  }
  for (const fact of facts) add(tags.totals, fact)
  if (tags.candidates.size === 0 || tags.totals.size > mostFacts) tags.totals = undefined
}

const isTag = (value: JsonValue | undefined): value is string => typeof value === 'string' && tagText.test(value)

const candidatesOf = (object: JsonObject): Map<string, Map<string, TagValue>> =>
  new Map(
    object.members
      .filter(({ value }) => isTag(value))
      .slice(0, mostCandidates)
      .map(({ key }) => [key, new Map<string, TagValue>()]),
  )

function countValue(values: Map<string, TagValue>, text: string, facts: readonly string[]): void {
  let value = values.get(text)
  if (value === undefined) {
    value = { count: 0, facts: new Map() }
    values.set(text, value)
  }
  value.count++
  for (const fact of facts) add(value.facts, fact)
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/** Which members there are and of which kind, down to the members of members. */
function factsOf(object: JsonObject): string[] {
  const facts: string[] = []
  for (const { key, value } of object.members) {
    facts.push(`${key}\0${kindOf(value)}`)
    if (!(value instanceof JsonObject)) continue
    for (const inner of value.members.slice(0, mostFacts)) facts.push(`${key}\0${inner.key}\0${kindOf(inner.value)}`)
  }
  return facts
}

const kindOf = (value: JsonValue): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** The key that decides the shape, or undefined. */
export function findTag({ count, totals, candidates }: TagFacts): string | undefined {
  if (totals === undefined || candidates === undefined) return undefined
  const varying = [...totals].filter(([, seen]) => seen < count)
  const tried = Math.log2(Math.max(1, varying.length * candidates.size))
  let best: { readonly key: string; readonly explains: number; readonly values: number } | undefined
  for (const [key, values] of candidates) {
    if (values.size < 2) continue
    const explains = varying.filter(
      ([fact, seen]) =>
        // Of all ways to choose `seen` objects, at most 2^values are unions of whole groups.
        log2Choose(count, seen) - values.size - tried >= certainBits &&
        [...values.values()].every((value) => {
          const within = value.facts.get(fact) ?? 0
          return within === 0 || within === value.count
        }),
    ).length
    if (explains === 0) continue
    if (best === undefined || explains > best.explains || (explains === best.explains && values.size < best.values))
      best = { key, explains, values: values.size }
  }
  return best?.key
}

/** log2 of the number of ways to choose k of n; no more is counted than the largest bound needs. */
function log2Choose(n: number, k: number): number {
  const few = Math.min(k, n - k)
  let bits = 0
  for (let i = 1; i <= few && bits < 128; i++) bits += Math.log2((n - few + i) / i)
  return bits
}
