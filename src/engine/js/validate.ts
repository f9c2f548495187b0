// The interpreting validator, the oracle: every issue of a normalized document in the fixed order. It walks the schema as
// it is and favours plainness; the fast path (generate.ts) only says yes or no. native/core/src/validate is the twin.

import type {
  ArrayNode,
  DiscriminatedNode,
  IssueParams,
  Keyword,
  NumberLimits,
  ObjectNode,
  Primitive,
  Profile,
  ScalarNode,
  SchemaNode,
  StringLimits,
  TypeName,
  UnionNode,
  ValuesNode,
} from '../../model/index.ts'
import type { Pattern } from '../../pattern/index.ts'
import { JsonObject, type JsonArray, type JsonValue } from '../../json/index.ts'
import { compileMatcher, type Matcher } from './automaton.ts'
import { Findings, type Validation } from './issue-collector.ts'
import { isMultipleOf } from './multiple-of.ts'
import { codePoints, hasType, typeOf } from './value-type.ts'
import { openUnion, type Candidates } from './flatten-union.ts'

export type { Validation } from './issue-collector.ts'

export type Validate = (value: JsonValue) => Validation

/** Prepares the validator of one contract. It takes a normalized document and leaves it alone. */
export function compileValidator(profile: Profile): Validate {
  const validator = new Validator(profile)
  return (value) => {
    const findings = new Findings()
    validator.check(profile.root, value, findings)
    return findings.result()
  }
}

/** Where issues go; undefined when only the verdict counts (a branch of a union, a key of a record). */
type To = Findings | undefined

class Validator {
  readonly #profile: Profile
  readonly #matchers = new Lazy<Pattern, Matcher>(compileMatcher)
  readonly #values = new Lazy<ValuesNode, ReadonlySet<unknown>>((node) => new Set(node.values))
  readonly #objects = new Lazy<ObjectNode, ObjectPlan>(planObject)
  readonly #branches = new Lazy<DiscriminatedNode, BranchPlan>(planBranches)
  readonly #unions: Lazy<UnionNode, Candidates>

  constructor(profile: Profile) {
    this.#profile = profile
    this.#unions = new Lazy((node) => openUnion(node, profile))
  }

  /**
   * True when `value` passes `node`. Recurses once for each open bracket of the payload, and once more for a union:
   * references, nullables and discriminated unions are followed in the loop, for their chains may be long.
   */
  check(from: SchemaNode, value: JsonValue, to: To): boolean {
    let node = from
    for (;;) {
      switch (node.form) {
        case 'any':
          return true
        case 'scalar':
          return this.#scalar(node, value, to)
        case 'values':
          return this.#oneOfValues(node, value, to)
        case 'array':
          return this.#array(node, value, to)
        case 'object':
          return this.#object(node, value, to)
        case 'union':
          return this.#union(node, value, to)
        case 'nullable':
          if (value === null) return true
          node = node.inner
          break
        case 'ref':
          node = node.target < 0 ? this.#profile.root : (this.#profile.defs[node.target] as SchemaNode)
          break
        case 'discriminated': {
          const chosen = this.#branch(node, value, to)
          if (chosen === undefined) return false
          node = chosen
        }
      }
    }
  }

  #scalar({ types, string, number }: ScalarNode, value: JsonValue, to: To): boolean {
    if (!hasType(types, value)) return wrongType(types, to)
    if (typeof value === 'string' && string) return this.#text(string, value, to)
    if (typeof value === 'number' && number) return checkNumber(number, value, to)
    return true
  }

  #text({ minLength, maxLength, patterns }: StringLimits, value: string, to: To): boolean {
    const length = codePoints(value)
    let passes = true
    if (minLength !== undefined && length < minLength) passes = breaks(to, 'minLength', minLength)
    // A text that is too long is not matched at all.
    if (maxLength !== undefined && length > maxLength) return breaks(to, 'maxLength', maxLength)
    const failed = patterns.find((pattern) => !this.#matchers.get(pattern)(value))
    return failed ? breaks(to, 'pattern', failed.source) : passes
  }

  #oneOfValues(node: ValuesNode, value: JsonValue, to: To): boolean {
    if (!hasType(node.types, value)) return wrongType(node.types, to)
    return this.#values.get(node).has(value) || report(to, node.keyword, { expected: node.values })
  }

  #array(node: ArrayNode, value: JsonValue, to: To): boolean {
    if (!Array.isArray(value)) return wrongType(['array'], to)
    const { prefix, items, minItems, maxItems } = node
    let passes = true
    if (minItems !== undefined && value.length < minItems) passes = breaks(to, 'minItems', minItems)
    if (maxItems !== undefined && value.length > maxItems) passes = breaks(to, 'maxItems', maxItems)
    return this.#items(value, prefix, items, to) && passes
  }

  #items(values: JsonArray, prefix: readonly SchemaNode[], rest: SchemaNode | false, to: To): boolean {
    let passes = true
    // Nothing is said about items that may not be there: maxItems has said it.
    const length = rest === false ? Math.min(values.length, prefix.length) : values.length
    for (let index = 0; index < length; index++) {
      const node = prefix[index] ?? (rest as SchemaNode)
      if (this.#child(node, values[index] as JsonValue, index, to)) continue
      passes = false
      if (isDone(to)) break
    }
    return passes
  }

  /** Members and missing required ones, in one walk in canonical key order. */
  #object(node: ObjectNode, value: JsonValue, to: To): boolean {
    if (!(value instanceof JsonObject)) return wrongType(['object'], to)
    const { properties, required } = this.#objects.get(node)
    let passes = true
    let next = 0
    for (const member of value.members) {
      const { key } = member
      for (; next < required.length && (required[next] as string) < key; next++) {
        passes = report(to, 'required', {}, required[next])
        if (isDone(to)) return false
      }
      if (required[next] === key) next++
      const property = properties.get(key)
      const memberPasses = property
        ? this.#child(property, member.value, key, to)
        : this.#additional(node, key, member.value, to)
      if (memberPasses) continue
      passes = false
      if (isDone(to)) return false
    }
    for (; next < required.length; next++) {
      passes = report(to, 'required', {}, required[next])
      if (isDone(to)) return false
    }
    return passes
  }

  /** A member that no property names: one entry at most for its key, and a bad key hides the value. */
  #additional({ additional, names }: ObjectNode, key: string, value: JsonValue, to: To): boolean {
    if (additional === false) return report(to, 'additionalProperties', {}, key)
    if (names && !this.check(names, key, undefined)) return report(to, 'propertyNames', {}, key)
    return this.#child(additional, value, key, to)
  }

  #child(node: SchemaNode, value: JsonValue, key: string | number, to: To): boolean {
    to?.path.push(key)
    const passes = this.check(node, value, to)
    to?.path.pop()
    return passes
  }

  #union(node: UnionNode, value: JsonValue, to: To): boolean {
    const candidates = this.#unions.get(node)[typeOf(value)]
    return candidates.some((candidate) => this.check(candidate, value, undefined)) || report(to, 'union', {})
  }

  /** The branch that the discriminator chooses; undefined after reporting why there is none. */
  #branch(node: DiscriminatedNode, value: JsonValue, to: To): SchemaNode | undefined {
    const { byValue, expected } = this.#branches.get(node)
    if (!(value instanceof JsonObject)) {
      wrongType(['object'], to)
      return undefined
    }
    const key = value.get(node.key)
    const branch = byValue.get(key)
    if (branch === undefined) {
      if (key === undefined) report(to, 'required', {}, node.key)
      else report(to, 'discriminator', { expected }, node.key)
    }
    return branch
  }
}

function checkNumber(limits: NumberLimits, value: number, to: To): boolean {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = limits
  let passes = true
  if (minimum !== undefined && value < minimum) passes = breaks(to, 'minimum', minimum)
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    passes = breaks(to, 'exclusiveMinimum', exclusiveMinimum)
  }
  if (maximum !== undefined && value > maximum) passes = breaks(to, 'maximum', maximum)
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    passes = breaks(to, 'exclusiveMaximum', exclusiveMaximum)
  }
  if (multipleOf !== undefined && !isMultipleOf(value, multipleOf)) {
    passes = breaks(to, 'multipleOf', multipleOf)
  }
  return passes
}

/** Always false: a failed check. `key`: the member that the issue points at, when it is not the value itself. */
function report(to: To, keyword: Keyword, params: IssueParams, key?: string): false {
  to?.add(keyword, params, key)
  return false
}

/** Always false. A function of its own so that the many failures inside unions allocate nothing. */
function breaks(to: To, keyword: Keyword, limit: number | string): false {
  to?.add(keyword, { limit })
  return false
}

function wrongType(expected: readonly TypeName[], to: To): false {
  to?.add('type', { expected })
  return false
}

/** After a failure: whether looking further could still change the result. */
const isDone = (to: To): boolean => to === undefined || to.truncated

interface ObjectPlan {
  readonly properties: ReadonlyMap<string, SchemaNode>
  /** In canonical key order. */
  readonly required: readonly string[]
}

const planObject = ({ properties }: ObjectNode): ObjectPlan => ({
  properties: new Map(properties.map(({ name, node }) => [name, node])),
  required: properties.filter((property) => property.required).map((property) => property.name),
})

interface BranchPlan {
  readonly byValue: ReadonlyMap<unknown, SchemaNode>
  readonly expected: readonly Primitive[]
}

const planBranches = ({ branches }: DiscriminatedNode): BranchPlan => ({
  byValue: new Map(branches.flatMap(({ values, node }) => values.map((value) => [value, node] as const))),
  expected: branches.flatMap((branch) => branch.values),
})

/** Values that are made when they are first asked for, and kept. */
class Lazy<K, V> {
  readonly #made = new Map<K, V>()
  readonly #make: (key: K) => V

  constructor(make: (key: K) => V) {
    this.#make = make
  }

  get(key: K): V {
    let value = this.#made.get(key)
    if (value === undefined) {
      value = this.#make(key)
      this.#made.set(key, value)
    }
    return value
  }
}
