// The interpreting validator, the oracle: every issue of a document in the fixed order, or the document as the contract
// makes it: coerced, normalized, without dropped members, with defaults. It walks the schema itself and is written for
// clarity, not speed. native/core/src/validate is the twin.

import {
  choicesOf,
  definition,
  isSchema,
  type ArrayNode,
  type Choice,
  type Choices,
  type DiscriminatedNode,
  type IssueParams,
  type Keyword,
  type NumberLimits,
  type NumericLimit,
  type ObjectNode,
  type Profile,
  type ScalarNode,
  type SchemaNode,
  type StringLimits,
  type TypeName,
  type UnionNode,
  type UrlLimits,
  type ValuesNode,
} from '../../model/index.ts'
import type { Pattern } from '../../pattern/index.ts'
import { spend } from '../../util/step-budget.ts'
import { compareKeys, JsonObject, sameValue, withoutSpare, type JsonMember, type JsonValue } from '../../json/index.ts'
import { compileMatcher, type Matcher } from './automaton.ts'
import { coerceScalar } from './coerce.ts'
import { addedUnits, allDefaults } from './defaults.ts'
import { branchesByValue } from './discriminated.ts'
import { lazily } from './lazily.ts'
import { IssueCollector, type Validation } from './issue-collector.ts'
import { isMultipleOf } from './multiple-of.ts'
import { normalizeString } from './normalize-string.ts'
import { codePoints, hasType, typeOf } from './scalars.ts'
import { compileUrl, type UrlCheck } from './url.ts'
import { VerdictMemory } from './verdict-memory.ts'

export interface Validated extends Validation {
  /** The document to write; undefined where there are issues. */
  readonly value: JsonValue | undefined
  /** The value has defaults that the payload lacks. */
  readonly insertsDefaults: boolean
}

export type Validate = (value: JsonValue) => Validated

/** Compiles the validator of one contract. It edits the document that it takes in place where it can: a copy would double the heap. */
export function compileValidator(profile: Profile): Validate {
  const validator = new Validator(profile)
  return (value) => {
    const issues = new IssueCollector()
    try {
      const result = validator.check(profile.root, value, issues)
      return { ...issues.result(), value: result, insertsDefaults: validator.insertsDefaults }
    } finally {
      validator.forget()
    }
  }
}

/** Verdicts on the values of one document, at any node of the contract. Each is reached once, and remembered. */
export interface Verdicts {
  accepts(node: SchemaNode, value: JsonValue): boolean
  /** Ends the work on the document. */
  forget(): void
}

/** Which documents: those that the contract accepts, or those that it made, whose defaults are not checked. */
export type DocumentSide = 'input' | 'output'

export function compileVerdicts(profile: Profile, side: DocumentSide): Verdicts {
  const validator = new Validator(profile, side)
  return {
    accepts: (node, value) => validator.check(node, value, undefined) !== undefined,
    forget: () => validator.forget(),
  }
}

/** The value as the contract makes it, the same one where nothing changes; undefined: it fails. */
type Result = JsonValue | undefined

/** Collects issues; undefined when only the verdict counts (a branch of a union, a key of a record). */
type Collector = IssueCollector | undefined

class Validator {
  readonly #profile: Profile
  readonly #matchers = lazily<Pattern, Matcher>(compileMatcher)
  readonly #urls = lazily<UrlLimits, UrlCheck>(compileUrl)
  readonly #values = lazily<ValuesNode, ReadonlySet<unknown>>((node) => new Set(node.values))
  readonly #objects = lazily(({ properties }: ObjectNode) => ({
    members: new Map(properties.map((property) => [property.name, property])),
    /** In canonical key order. */
    required: properties.filter((property) => property.required).map((property) => property.name),
    defaults: properties.flatMap(({ name: key, default: value }) =>
      value === undefined ? [] : [{ member: { key, value }, units: addedUnits(value, key) }],
    ),
  }))
  readonly #items = lazily(({ prefixDefaults = [] }: ArrayNode) =>
    prefixDefaults.map((value) => (value === undefined ? undefined : { value, units: addedUnits(value) })),
  )
  readonly #branches = lazily((node: DiscriminatedNode) => ({
    byValue: branchesByValue(node),
    expected: node.branches.flatMap((branch) => branch.values.map(inParams)),
  }))
  readonly #unions: (node: UnionNode) => Choices
  readonly #memory: VerdictMemory | undefined
  /** There are defaults, and a payload is processed: verdicts insert none. */
  readonly #hasDefaults: boolean
  /** Verdicts are remembered from the root on, and no result is used. Undefined: a payload is processed. */
  readonly #verdictsOn: DocumentSide | undefined
  /** A branch of a union is tried: only the verdict counts, so that it is remembered and nothing is inserted. */
  #tries: boolean
  /** Length of what defaults add to the text, in UTF-16 units. */
  #inserted = 0

  constructor(profile: Profile, verdictsOn?: DocumentSide) {
    this.#profile = profile
    this.#verdictsOn = verdictsOn
    this.#tries = verdictsOn !== undefined
    this.#hasDefaults = verdictsOn === undefined && allDefaults(profile).length > 0
    this.#unions = lazily((node) => choicesOf(node, profile))
    this.#memory = verdictsOn !== undefined || profile.cost.remembers ? new VerdictMemory(profile) : undefined
  }

  /**
   * Checks `value` against `node`. Recurses once for each open bracket of the payload and once for each union;
   * references, nullables and discriminated unions are followed in the loop, because their chains may be long.
   */
  check(from: SchemaNode, value: JsonValue, collector: Collector): Result {
    let node = from
    for (;;) {
      spend(1)
      switch (node.kind) {
        case 'any':
          return value
        case 'scalar':
          return this.#scalar(node, value, collector)
        case 'values':
          return this.#oneOfValues(node, value, collector)
        case 'array':
        case 'object':
          return this.#container(node, value, collector)
        case 'union':
          return this.#union(node, value, collector)
        case 'nullable':
          if (value === null) return value
          node = node.inner
          break
        case 'ref':
          node = definition(this.#profile, node.target)
          break
        case 'discriminated': {
          const chosen = this.#branch(node, value, collector)
          if (chosen === undefined) return undefined
          node = chosen
        }
      }
    }
  }

  /** Of the document since the last `forget`. */
  get insertsDefaults(): boolean {
    return this.#inserted > 0
  }

  /** Ends the work on one document, also after an error. */
  forget(): void {
    this.#memory?.forget()
    this.#tries = this.#verdictsOn !== undefined
    this.#inserted = 0
  }

  /** An array or an object; its result is remembered while branches are tried. */
  #container(node: ArrayNode | ObjectNode, value: JsonValue, collector: Collector): Result {
    const memory = this.#tries ? this.#memory : undefined
    if (memory?.has(node, value)) return memory.recall(node, value)
    const result = node.kind === 'array' ? this.#array(node, value, collector) : this.#object(node, value, collector)
    memory?.remember(node, value, result)
    return result
  }

  #scalar({ types, string, number, coerce }: ScalarNode, given: JsonValue, collector: Collector): Result {
    const isScalar = given === null || typeof given !== 'object'
    const [type] = types
    const value = coerce && type && isScalar ? coerceScalar(given, type, this.#profile.numbers) : given
    if (value === undefined || !hasType(types, value)) return wrongType(types, collector)
    if (typeof value === 'string' && string) return this.#text(string, value, collector)
    if ((typeof value === 'number' || typeof value === 'bigint') && number) {
      return checkNumber(number, value, collector) ? value : undefined
    }
    return value
  }

  /** The limits apply to the text as it will be written; to the normalized text where it is no URL. */
  #text({ minLength, maxLength, patterns, norm, url }: StringLimits, given: string, collector: Collector): Result {
    const normalized = normalizeString(given, norm)
    const written = url ? this.#urls(url)(normalized) : normalized
    const text = written ?? normalized
    const length = codePoints(text)
    let passes = true
    if (minLength !== undefined && length < minLength) passes = exceeds(collector, 'minLength', minLength)
    // A text that is too long is not matched against patterns.
    if (maxLength !== undefined && length > maxLength) return exceeds(collector, 'maxLength', maxLength) || undefined
    if (written === undefined) return exceeds(collector, 'url', 'url') || undefined
    const failed = patterns.find((pattern) => !this.#matchers(pattern)(text))
    if (failed) return exceeds(collector, 'pattern', failed.source) || undefined
    return passes ? text : undefined
  }

  #oneOfValues(node: ValuesNode, given: JsonValue, collector: Collector): Result {
    const value = typeof given === 'string' ? normalizeString(given, node.norm) : given
    if (!hasType(node.types, value)) return wrongType(node.types, collector)
    if (this.#values(node).has(value)) return value
    return report(collector, node.keyword, { expected: node.values.map(inParams) }) || undefined
  }

  #array(node: ArrayNode, value: JsonValue, collector: Collector): Result {
    if (!Array.isArray(value)) return wrongType(['array'], collector)
    const { prefix, prefixDefaults, items, minItems, maxItems } = node
    let passes = true
    if (minItems !== undefined && value.length < minItems) passes = exceeds(collector, 'minItems', minItems)
    if (maxItems !== undefined && value.length > maxItems) passes = exceeds(collector, 'maxItems', maxItems)
    // Surplus items have no issues of their own: maxItems has reported them.
    const length = items === false ? Math.min(value.length, prefix.length) : value.length
    let written = length === value.length ? value : value.slice(0, length)
    const edited = (): JsonValue[] => (written === value && isShared(collector) ? value.slice() : written)
    for (let index = 0; index < length; index++) {
      const child = prefix[index] ?? (items as SchemaNode)
      const item = this.#child(child, value[index] as JsonValue, index, collector, prefixDefaults?.[index])
      if (item === undefined) {
        passes = false
        if (isDone(collector)) break
      } else if (item !== value[index]) {
        written = edited()
        written[index] = item
      }
    }
    if (!passes) return undefined
    const defaults = this.#items(node)
    for (let next = defaults[length]; next && this.#inserts(next.units); next = defaults[written.length]) {
      written = edited()
      written.push(next.value)
    }
    return written
  }

  /** Members and missing required ones, in one walk in canonical key order. */
  #object(node: ObjectNode, value: JsonValue, collector: Collector): Result {
    if (!(value instanceof JsonObject)) return wrongType(['object'], collector)
    const { members: declared, required, defaults } = this.#objects(node)
    const { members } = value
    /** undefined: the same members. */
    let written: JsonMember[] | undefined
    let passes = true
    let next = 0
    for (let index = 0; index < members.length; index++) {
      const member = members[index] as JsonMember
      const { key } = member
      for (; next < required.length && (required[next] as string) < key; next++) {
        passes = report(collector, 'required', {}, required[next])
        if (isDone(collector)) return undefined
      }
      if (required[next] === key) next++
      const property = declared.get(key)
      if (property === undefined && node.additional === 'strip') {
        written ??= members.slice(0, index)
        continue
      }
      const result = property
        ? this.#child(property.node, member.value, key, collector, property.default)
        : this.#additional(node, key, member.value, collector)
      if (result === undefined) {
        passes = false
        if (isDone(collector)) return undefined
      } else if (result === member.value) {
        written?.push(member)
      } else if (isShared(collector)) {
        written ??= members.slice(0, index)
        written.push({ key, value: result })
      } else {
        member.value = result
        written?.push(member)
      }
    }
    for (; next < required.length; next++) {
      passes = report(collector, 'required', {}, required[next])
      if (isDone(collector)) return undefined
    }
    if (!passes) return undefined
    const missing = this.#mayInsert()
      ? defaults.filter(({ member, units }) => !value.has(member.key) && this.#inserts(units))
      : []
    if (missing.length > 0) {
      const all = [...(written ?? members), ...missing.map(({ member }) => member)]
      return new JsonObject(all.toSorted((a, b) => compareKeys(a.key, b.key)))
    }
    return written === undefined ? value : new JsonObject(withoutSpare(written))
  }

  /** An undeclared member: at most one issue for its key, and none for the value of an invalid key. */
  #additional({ additional, names }: ObjectNode, key: string, value: JsonValue, collector: Collector): Result {
    if (!isSchema(additional)) return report(collector, 'additionalProperties', {}, key) || undefined
    if (names && this.check(names, key, undefined) === undefined) {
      return report(collector, 'propertyNames', {}, key) || undefined
    }
    return this.#child(additional, value, key, collector)
  }

  /** Once defaults alone exceed `maxBytes` the text is too long, and more of them would only take memory. */
  #mayInsert = (): boolean => !this.#tries && this.#inserted <= this.#profile.limits.maxBytes

  /** Whether a default is inserted that adds this many units to the text. */
  #inserts(units: number): boolean {
    if (!this.#mayInsert()) return false
    this.#inserted += units
    return true
  }

  #child(node: SchemaNode, value: JsonValue, key: string | number, collector: Collector, inserted?: JsonValue): Result {
    if (this.#verdictsOn === 'output' && inserted !== undefined && sameValue(value, inserted)) return value
    collector?.path.push(key)
    const result = this.check(node, value, collector)
    collector?.path.pop()
    return result
  }

  #union(node: UnionNode, value: JsonValue, collector: Collector): Result {
    const choice = this.#unions(node)[typeOf(value)]
    // One branch alone takes values of this type: its issues say more than that no branch fits.
    if (!('byValue' in choice) && choice.length === 1) return this.check(choice[0] as SchemaNode, value, collector)
    const outer = this.#tries
    for (const candidate of listFor(choice, value)) {
      this.#tries = true
      const result = this.check(candidate, value, undefined)
      this.#tries = outer
      if (result === undefined) continue
      // The try inserted no defaults: the branch that accepts is checked again, with them.
      return this.#hasDefaults && !outer ? this.check(candidate, value, undefined) : result
    }
    return report(collector, 'union', {}) || undefined
  }

  /** The branch that the discriminator selects; undefined after reporting why there is none. */
  #branch(node: DiscriminatedNode, value: JsonValue, collector: Collector): SchemaNode | undefined {
    const { byValue, expected } = this.#branches(node)
    if (!(value instanceof JsonObject)) {
      wrongType(['object'], collector)
      return undefined
    }
    const key = value.get(node.key)
    const branch = byValue.get(key)
    if (branch === undefined) {
      if (key === undefined) report(collector, 'required', {}, node.key)
      else report(collector, 'discriminator', { expected }, node.key)
    }
    return branch
  }
}

/** The candidates that are left for a value of the choice's type. */
function listFor(from: Choice, value: JsonValue): readonly SchemaNode[] {
  let choice = from
  while ('byValue' in choice) {
    const answer = choice.key === undefined ? value : (value as JsonObject).get(choice.key)
    choice = answer === undefined ? choice.absent : (choice.byValue.get(answer) ?? choice.other)
  }
  return choice
}

function checkNumber(limits: NumberLimits, value: number | bigint, collector: Collector): boolean {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = limits
  let passes = true
  if (minimum !== undefined && value < minimum) passes = exceeds(collector, 'minimum', minimum)
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    passes = exceeds(collector, 'exclusiveMinimum', exclusiveMinimum)
  }
  if (maximum !== undefined && value > maximum) passes = exceeds(collector, 'maximum', maximum)
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    passes = exceeds(collector, 'exclusiveMaximum', exclusiveMaximum)
  }
  if (multipleOf !== undefined && !isMultipleOf(value, multipleOf)) {
    passes = exceeds(collector, 'multipleOf', multipleOf)
  }
  return passes
}

/** Reports a failed check; returns false. `key`: the member that the issue points at, if not the value itself. */
function report(collector: Collector, keyword: Keyword, params: IssueParams, key?: string): false {
  collector?.add(keyword, params, key)
  return false
}

/** Reports an exceeded limit; returns false. Allocates nothing without a collector, as inside unions. */
function exceeds(collector: Collector, keyword: Keyword, limit: NumericLimit | string): false {
  collector?.add(keyword, { limit: inParams(limit) })
  return false
}

/** Integers beyond ±(2^53 - 1) are strings in params, which are JSON for readers without them. */
const inParams = <T>(value: T): Exclude<T, bigint> | string =>
  typeof value === 'bigint' ? String(value) : (value as Exclude<T, bigint>)

function wrongType(expected: readonly TypeName[], collector: Collector): undefined {
  collector?.add('type', { expected })
  return undefined
}

/** True for a value that further branches may visit: it is not edited in place. */
const isShared = (collector: Collector): boolean => collector === undefined

/** After a failure: true when further checks cannot change the result. */
const isDone = (collector: Collector): boolean => collector === undefined || collector.truncated
