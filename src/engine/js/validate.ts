// The interpreting validator, the oracle: every issue of a normalized document in the fixed order. It walks the schema
// itself and is written for clarity, not speed. native/core/src/validate is the twin.

import {
  choicesOf,
  definition,
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
  type ValuesNode,
} from '../../model/index.ts'
import type { Pattern } from '../../pattern/index.ts'
import { JsonObject, type JsonValue } from '../../json/index.ts'
import { compileMatcher, type Matcher } from './automaton.ts'
import { IssueCollector, type Validation } from './issue-collector.ts'
import { codePoints, hasType, isMultipleOf, typeOf } from './scalars.ts'
import { VerdictMemory } from './verdict-memory.ts'

export type { Validation } from './issue-collector.ts'

export type Validate = (value: JsonValue) => Validation

/** Compiles the validator of one contract. It takes a normalized document and does not change it. */
export function compileValidator(profile: Profile): Validate {
  const validator = new Validator(profile)
  return (value) => {
    const issues = new IssueCollector()
    validator.check(profile.root, value, issues)
    validator.forget()
    return issues.result()
  }
}

/** Compiles the verdict on a value at any node of the contract. */
export function compileAccepts(profile: Profile): (node: SchemaNode, value: JsonValue) => boolean {
  const validator = new Validator(profile)
  return (node, value) => validator.check(node, value, undefined)
}

/** Collects issues; undefined when only the verdict counts (a branch of a union, a key of a record). */
type Collector = IssueCollector | undefined

class Validator {
  readonly #profile: Profile
  readonly #matchers = lazily<Pattern, Matcher>(compileMatcher)
  readonly #values = lazily<ValuesNode, ReadonlySet<unknown>>((node) => new Set(node.values))
  readonly #objects = lazily(({ properties }: ObjectNode) => ({
    nodes: new Map(properties.map(({ name, node }) => [name, node])),
    /** In canonical key order. */
    required: properties.filter((property) => property.required).map((property) => property.name),
  }))
  readonly #branches = lazily(({ branches }: DiscriminatedNode) => ({
    byValue: new Map<unknown, SchemaNode>(branches.flatMap(({ values, node }) => values.map((value) => [value, node]))),
    expected: branches.flatMap((branch) => branch.values.map(inParams)),
  }))
  readonly #unions: (node: UnionNode) => Choices
  readonly #memory: VerdictMemory | undefined

  constructor(profile: Profile) {
    this.#profile = profile
    this.#unions = lazily((node) => choicesOf(node, profile))
    this.#memory = profile.cost.remembers ? new VerdictMemory(profile) : undefined
  }

  /**
   * True when `value` passes `node`. Recurses once for each open bracket of the payload and once for each union;
   * references, nullables and discriminated unions are followed in the loop, because their chains may be long.
   */
  check(from: SchemaNode, value: JsonValue, collector: Collector): boolean {
    let node = from
    for (;;) {
      switch (node.kind) {
        case 'any':
          return true
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
          if (value === null) return true
          node = node.inner
          break
        case 'ref':
          node = definition(this.#profile, node.target)
          break
        case 'discriminated': {
          const chosen = this.#branch(node, value, collector)
          if (chosen === undefined) return false
          node = chosen
        }
      }
    }
  }

  /** Ends the work on one document. */
  forget(): void {
    this.#memory?.forget()
  }

  /** An array or an object; its verdict is remembered while branches are tried. */
  #container(node: ArrayNode | ObjectNode, value: JsonValue, collector: Collector): boolean {
    const remembered = collector === undefined ? this.#memory?.recall(node, value) : undefined
    if (remembered !== undefined) return remembered
    const passes = node.kind === 'array' ? this.#array(node, value, collector) : this.#object(node, value, collector)
    if (collector === undefined) this.#memory?.remember(node, value, passes)
    return passes
  }

  #scalar({ types, string, number }: ScalarNode, value: JsonValue, collector: Collector): boolean {
    if (!hasType(types, value)) return wrongType(types, collector)
    if (typeof value === 'string' && string) return this.#text(string, value, collector)
    if ((typeof value === 'number' || typeof value === 'bigint') && number) return checkNumber(number, value, collector)
    return true
  }

  #text({ minLength, maxLength, patterns }: StringLimits, value: string, collector: Collector): boolean {
    const length = codePoints(value)
    let passes = true
    if (minLength !== undefined && length < minLength) passes = exceeds(collector, 'minLength', minLength)
    // A text that is too long is not matched against patterns.
    if (maxLength !== undefined && length > maxLength) return exceeds(collector, 'maxLength', maxLength)
    const failed = patterns.find((pattern) => !this.#matchers(pattern)(value))
    return failed ? exceeds(collector, 'pattern', failed.source) : passes
  }

  #oneOfValues(node: ValuesNode, value: JsonValue, collector: Collector): boolean {
    if (!hasType(node.types, value)) return wrongType(node.types, collector)
    return this.#values(node).has(value) || report(collector, node.keyword, { expected: node.values.map(inParams) })
  }

  #array({ prefix, items, minItems, maxItems }: ArrayNode, value: JsonValue, collector: Collector): boolean {
    if (!Array.isArray(value)) return wrongType(['array'], collector)
    let passes = true
    if (minItems !== undefined && value.length < minItems) passes = exceeds(collector, 'minItems', minItems)
    if (maxItems !== undefined && value.length > maxItems) passes = exceeds(collector, 'maxItems', maxItems)
    // Surplus items have no issues of their own: maxItems has reported them.
    const length = items === false ? Math.min(value.length, prefix.length) : value.length
    for (let index = 0; index < length; index++) {
      const node = prefix[index] ?? (items as SchemaNode)
      if (this.#child(node, value[index] as JsonValue, index, collector)) continue
      passes = false
      if (isDone(collector)) break
    }
    return passes
  }

  /** Members and missing required ones, in one walk in canonical key order. */
  #object(node: ObjectNode, value: JsonValue, collector: Collector): boolean {
    if (!(value instanceof JsonObject)) return wrongType(['object'], collector)
    const { nodes, required } = this.#objects(node)
    let passes = true
    let next = 0
    for (const member of value.members) {
      const { key } = member
      for (; next < required.length && (required[next] as string) < key; next++) {
        passes = report(collector, 'required', {}, required[next])
        if (isDone(collector)) return false
      }
      if (required[next] === key) next++
      const property = nodes.get(key)
      const memberPasses = property
        ? this.#child(property, member.value, key, collector)
        : this.#additional(node, key, member.value, collector)
      if (memberPasses) continue
      passes = false
      if (isDone(collector)) return false
    }
    for (; next < required.length; next++) {
      passes = report(collector, 'required', {}, required[next])
      if (isDone(collector)) return false
    }
    return passes
  }

  /** An undeclared member: at most one issue for its key, and none for the value of an invalid key. */
  #additional({ additional, names }: ObjectNode, key: string, value: JsonValue, collector: Collector): boolean {
    if (additional === false) return report(collector, 'additionalProperties', {}, key)
    if (names && !this.check(names, key, undefined)) return report(collector, 'propertyNames', {}, key)
    return this.#child(additional, value, key, collector)
  }

  #child(node: SchemaNode, value: JsonValue, key: string | number, collector: Collector): boolean {
    collector?.path.push(key)
    const passes = this.check(node, value, collector)
    collector?.path.pop()
    return passes
  }

  #union(node: UnionNode, value: JsonValue, collector: Collector): boolean {
    const choice = this.#unions(node)[typeOf(value)]
    // One branch alone takes values of this type: its issues say more than that no branch fits.
    if (!('byValue' in choice) && choice.length === 1) return this.check(choice[0] as SchemaNode, value, collector)
    const candidates = listFor(choice, value)
    return candidates.some((candidate) => this.check(candidate, value, undefined)) || report(collector, 'union', {})
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

function wrongType(expected: readonly TypeName[], collector: Collector): false {
  collector?.add('type', { expected })
  return false
}

/** After a failure: true when further checks cannot change the result. */
const isDone = (collector: Collector): boolean => collector === undefined || collector.truncated

/** Computes each value at its first use, then caches it. */
function lazily<K, V>(compute: (key: K) => V): (key: K) => V {
  const values = new Map<K, V>()
  return (key) => {
    const known = values.get(key)
    if (known !== undefined) return known
    const value = compute(key)
    values.set(key, value)
    return value
  }
}
