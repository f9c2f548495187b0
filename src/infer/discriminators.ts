// Finds a key that discriminates objects. For each candidate key it counts which members occur with which of its values. A
// discriminator is accepted when the correlation is too strong to be chance.

import { JsonObject, type JsonValue } from '../json/index.ts'

interface CandidateValue {
  count: number
  /** Number of objects with this value, by fact. */
  readonly facts: Map<string, number>
}

export interface DiscriminatorStatistics {
  count: number
  /** Number of objects, by fact, such as "member `iban` is a string". Undefined when there are too many facts. */
  totals: Map<string, number> | undefined
  /** Candidate keys; undefined before the first object. */
  candidates: Map<string, Map<string, CandidateValue>> | undefined
}

const maxCandidates = 12
const maxValues = 32
const maxFacts = 512
const candidateText = /^[A-Za-z][\w .:/-]{0,39}$/
/** Accepts a probability of chance of 1 in 1,000. */
const minEvidenceBits = 10

export const newDiscriminatorStatistics = (): DiscriminatorStatistics => ({
  count: 0,
  totals: new Map(),
  candidates: undefined,
})

/** Counts one object. */
export function countObject(candidates: DiscriminatorStatistics, object: JsonObject): void {
  candidates.count++
  if (candidates.totals === undefined) return
  candidates.candidates ??= candidatesOf(object)
  const facts = factsOf(object)
  for (const [key, values] of candidates.candidates) {
    const text = object.get(key)
    if (!isCandidate(text) || (!values.has(text) && values.size >= maxValues)) candidates.candidates.delete(key)
    else countValue(values, text, facts)
  }
  for (const fact of facts) add(candidates.totals, fact)
  if (candidates.candidates.size === 0 || candidates.totals.size > maxFacts) candidates.totals = undefined
}

const isCandidate = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && candidateText.test(value)

const candidatesOf = (object: JsonObject): Map<string, Map<string, CandidateValue>> =>
  new Map(
    object.members
      .filter(({ value }) => isCandidate(value))
      .slice(0, maxCandidates)
      .map(({ key }) => [key, new Map<string, CandidateValue>()]),
  )

function countValue(values: Map<string, CandidateValue>, text: string, facts: readonly string[]): void {
  const value: CandidateValue = values.get(text) ?? { count: 0, facts: new Map() }
  values.set(text, value)
  value.count++
  for (const fact of facts) add(value.facts, fact)
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/** The members with their kinds, down to the members of members. */
function factsOf(object: JsonObject): string[] {
  const facts: string[] = []
  for (const { key, value } of object.members) {
    facts.push(`${key}\0${kindOf(value)}`)
    if (!(value instanceof JsonObject)) continue
    for (const inner of value.members.slice(0, maxFacts)) facts.push(`${key}\0${inner.key}\0${kindOf(inner.value)}`)
  }
  return facts
}

const kindOf = (value: JsonValue): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** The key that discriminates the objects, or undefined. */
export function findDiscriminator({ count, totals, candidates }: DiscriminatorStatistics): string | undefined {
  if (totals === undefined || candidates === undefined) return undefined
  const varying = [...totals].filter(([, seen]) => seen < count)
  const tried = Math.log2(Math.max(1, varying.length * candidates.size))
  let best: { readonly key: string; readonly explains: number; readonly values: number } | undefined
  for (const [key, values] of candidates) {
    if (values.size < 2) continue
    const explains = varying.filter(
      ([fact, seen]) =>
        // Of all choices of `seen` objects, at most 2^values are unions of whole groups.
        log2Choose(count, seen) - values.size - tried >= minEvidenceBits &&
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

/** log2 of the binomial coefficient n over k, capped at 128. */
function log2Choose(n: number, k: number): number {
  const few = Math.min(k, n - k)
  let bits = 0
  for (let i = 1; i <= few && bits < 128; i++) bits += Math.log2((n - few + i) / i)
  return bits
}
