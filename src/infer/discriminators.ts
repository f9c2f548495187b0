// Finds the discriminator of objects: a text member that decides which other members there are. It is judged by how many
// bits it saves in a description of the members (minimum description length with the estimator of Krichevsky and Trofimov;
// within the objects of one value, a beta-binomial one), so that a key with many values has to explain more than one with
// few.

import { compareKeys, JsonObject, type JsonValue } from '../json/index.ts'
import { kindBits, presences } from './presence.ts'
import { isCodeWord, isIdName, isPrivateName, isTypeLike } from './words.ts'

const maxValues = 400
const maxFacts = 4096
/** Of the next objects, the part whose discriminator may have a value that no sample had: by Good and Turing, the values seen once. */
const maxUnseen = 0.05
const maxUnseenTypeLike = 0.25
/** The part of the description that a discriminator must save. */
const minSaved = 0.5
const minSavedTypeLike = 0.1
/** For a key without a type-like name: accepts a probability of chance of 1 in 1,000. */
const minEvidenceBits = 10

/** The key of the discriminator: a member that every object has, as a string. Undefined without one. */
export function findDiscriminator(objects: readonly JsonObject[]): string | undefined {
  if (objects.length < 4) return undefined
  const everywhere = [...presences(objects)].filter(([, { count }]) => count === objects.length)
  const candidates = everywhere
    .filter(([, { kinds }]) => kinds === kindBits.string)
    .map(([key]) => ({ key, values: groupsOf(objects, key), typeLike: isTypeLike(key) }))
    .filter(isCandidate)
  if (candidates.length === 0) return undefined
  const ids = everywhere.map(([key]) => key).filter(isIdName)
  const facts = new Facts(objects)
  const judged = candidates
    .filter(({ key, values, typeLike }) => typeLike || !fixesId(objects, key, values, ids))
    .map(({ key, values, typeLike }) => ({ key, typeLike, saved: facts.savedBy(values, typeLike, candidates.length) }))
    .filter(({ typeLike, saved }) => saved >= (typeLike ? minSavedTypeLike : minSaved))
    .toSorted((a, b) => Number(b.typeLike) - Number(a.typeLike) || b.saved - a.saved || compareKeys(a.key, b.key))
  return judged[0]?.key
}

type Groups = ReadonlyMap<string, readonly number[]>

interface Candidate {
  readonly key: string
  readonly values: Groups | undefined
  readonly typeLike: boolean
}

/** Indexes of the objects, by the value of `key`. Undefined when the values are no words of a program, or too many. */
function groupsOf(objects: readonly JsonObject[], key: string): Groups | undefined {
  const groups = new Map<string, number[]>()
  for (const [i, object] of objects.entries()) {
    const value = object.get(key)
    if (typeof value !== 'string') return undefined
    const group = groups.get(value)
    if (group !== undefined) group.push(i)
    else if (groups.size >= maxValues || !isCodeWord(value)) return undefined
    else groups.set(value, [i])
  }
  return groups
}

function isCandidate(candidate: Candidate): candidate is Candidate & { readonly values: Groups } {
  const { key, values, typeLike } = candidate
  if (values === undefined || values.size < 2 || (!typeLike && isPrivateName(key))) return false
  const all = [...values.values()]
  const once = all.filter(({ length }) => length === 1).length
  const count = all.reduce((sum, { length }) => sum + length, 0)
  return once / count <= (typeLike ? maxUnseenTypeLike : maxUnseen)
}

/** True if one of the other `ids` depends on the key: then the key names one thing, as a login does, not a kind of things. */
function fixesId(objects: readonly JsonObject[], key: string, values: Groups, ids: readonly string[]): boolean {
  return ids.some((id) => {
    if (id === key) return false
    const seen = new Set<string>()
    for (const group of values.values()) {
      const own = new Set(group.map((i) => textOf((objects[i] as JsonObject).get(id))))
      const [only = ''] = own
      if (own.size > 1) return false
      seen.add(only)
    }
    return seen.size > 1
  })
}

const textOf = (value: JsonValue | undefined): string =>
  typeof value === 'object' ? '' : `${typeof value} ${String(value)}`

/** Facts about the objects that hold for some of them, such as "member `iban` is a string". */
class Facts {
  /** By object: the numbers of its facts. */
  readonly #ofObject: readonly (readonly number[])[]
  /** By fact: the number of objects. */
  readonly #seen: readonly number[]
  readonly #code: BitCount

  constructor(objects: readonly JsonObject[]) {
    this.#code = new BitCount(objects.length)
    let found = numbered(objects, true)
    if (found.seen.length > maxFacts) found = numbered(objects, false)
    this.#ofObject = found.ofObject
    this.#seen = found.seen
  }

  /** The part of the bits that the groups save, 0 if they explain nothing beyond chance. */
  savedBy(groups: Groups, typeLike: boolean, tried: number): number {
    const count = this.#ofObject.length
    const split = this.#seen.map(() => 0)
    const exact = this.#seen.map(() => true)
    for (const group of groups.values()) {
      const within = new Map<number, number>()
      for (const i of group) for (const fact of this.#ofObject[i] ?? []) within.set(fact, (within.get(fact) ?? 0) + 1)
      for (const [fact, all] of this.#seen.entries()) {
        const seen = within.get(fact) ?? 0
        split[fact] = (split[fact] as number) + bitsWithin(seen, group.length, all / count)
        if (seen !== 0 && seen !== group.length) exact[fact] = false
      }
    }
    let [total, saved] = [0, 0]
    for (const [fact, seen] of this.#seen.entries()) {
      const whole = this.#code.bits(seen, count)
      total += whole
      // One bit says whether the discriminator helps with this fact.
      saved += Math.max(0, whole - (split[fact] as number) - 1)
    }
    if (total === 0) return 0
    const chance = groups.size + Math.log2(tried * Math.max(1, this.#seen.length))
    const evident = this.#seen.some(
      (seen, fact) => exact[fact] === true && this.#code.choices(seen, count) - chance >= minEvidenceBits,
    )
    return typeLike || evident ? saved / total : 0
  }
}

/** How far the objects of one value are expected to agree: the lower, the more. */
const concentration = 0.3

/** Bits to say which `ones` of `all` objects, where it is likely that all agree, and `share` is the share of ones elsewhere. */
function bitsWithin(ones: number, all: number, share: number): number {
  const [a, b] = [concentration * share, concentration * (1 - share)]
  let bits = 0
  for (let i = 0; i < ones; i++) bits -= Math.log2(a + i)
  for (let i = 0; i < all - ones; i++) bits -= Math.log2(b + i)
  for (let i = 0; i < all; i++) bits += Math.log2(concentration + i)
  return bits
}

/** Numbers the facts that hold for some objects but not for all. */
function numbered(
  objects: readonly JsonObject[],
  nested: boolean,
): { readonly ofObject: readonly (readonly number[])[]; readonly seen: readonly number[] } {
  const all = objects.map((object) => factsOf(object, nested))
  const counts = new Map<string, number>()
  for (const facts of all) for (const fact of facts) counts.set(fact, (counts.get(fact) ?? 0) + 1)
  const varying = [...counts].filter(([, count]) => count < objects.length)
  const numbers = new Map(varying.map(([fact], i) => [fact, i]))
  const ofObject = all.map((facts) =>
    [...facts].map((fact) => numbers.get(fact)).filter((number) => number !== undefined),
  )
  return { ofObject, seen: varying.map(([, count]) => count) }
}

const maxInner = 64

/** The members with their types; with `nested` also the members of members. */
function factsOf(object: JsonObject, nested: boolean): ReadonlySet<string> {
  const facts = new Set<string>()
  for (const { key, value } of object.members) {
    if (value === null) continue
    facts.add(`${key}\0${typeOf(value)}`)
    if (!nested || !(value instanceof JsonObject)) continue
    for (const inner of value.members.slice(0, maxInner)) facts.add(`${key}\0${inner.key}\0${typeOf(inner.value)}`)
  }
  return facts
}

/** The type; for arrays with that of the first item, so that the depth of coordinates counts. */
function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (value instanceof JsonObject) return 'object'
  if (!Array.isArray(value)) return typeof value === 'bigint' ? 'number' : typeof value
  const [first] = value
  return first === undefined ? 'array' : `array of ${typeOf(first)}`
}

/** Code lengths of binary sequences of up to `max` digits. */
class BitCount {
  /** log2 of the products of 1/2, 3/2, 5/2 … */
  readonly #halves: Float64Array
  /** log2 of the factorials. */
  readonly #factorials: Float64Array

  constructor(max: number) {
    this.#halves = new Float64Array(max + 1)
    this.#factorials = new Float64Array(max + 1)
    for (let i = 1; i <= max; i++) {
      this.#halves[i] = (this.#halves[i - 1] as number) + Math.log2(i - 0.5)
      this.#factorials[i] = (this.#factorials[i - 1] as number) + Math.log2(i)
    }
  }

  /** Bits to say which `ones` of `all` objects, without knowing the share of ones. */
  bits(ones: number, all: number): number {
    return this.#factorial(all) - (this.#halves[ones] as number) - (this.#halves[all - ones] as number)
  }

  /** log2 of the binomial coefficient. */
  choices(ones: number, all: number): number {
    return this.#factorial(all) - this.#factorial(ones) - this.#factorial(all - ones)
  }

  #factorial(n: number): number {
    return this.#factorials[n] as number
  }
}
