// The middle of the fast path: compiles one visitor for each schema node. A visitor does not report what is wrong: the
// slow path finds that out from the bytes.

import {
  choicesOf,
  isSchema,
  valueTypes,
  type ArrayNode,
  type Choice,
  type DiscriminatedNode,
  type ObjectNode,
  type Profile,
  type SchemaNode,
  type UnionNode,
  type ValueType,
} from '../../model/index.ts'
import { setMember, type JsonValue } from '../../json/index.ts'
import { spend } from '../../util/step-budget.ts'
import { fewMembers, generateArray, generateObject } from './codegen.ts'
import { largestNumber } from './coerce.ts'
import { compileInsert, defaultOf, defaultsOf, movesKeys, type Default } from './defaults.ts'
import { compileDrop } from './dropped.ts'
import { rememberedNodes } from './remembered-nodes.ts'
import { compileScalar, compileValues, typeOf } from './scalars.ts'
import type { Visitor, VisitorCompiler, VisitState } from './visitor.ts'

export interface FastPathOptions {
  /** Generate code (`new Function`) for objects and arrays; false where that is disallowed. */
  readonly generate: boolean
}

/** Compiles the visitors of one contract, and holds what they share. */
export class FastWalker implements VisitorCompiler {
  readonly root: Visitor
  readonly profile: Profile
  readonly state: VisitState
  readonly inheritable: Set<string> = new Set()
  readonly drop: VisitorCompiler['drop']
  readonly insert: VisitorCompiler['insert']
  readonly #generate: boolean
  readonly #defs: Visitor[]
  readonly #any: Visitor
  readonly #counted: ReadonlySet<SchemaNode>
  readonly #compiled = new Map<SchemaNode, Visitor>()
  readonly #pending: (() => void)[] = []

  constructor(profile: Profile, state: VisitState, options: FastPathOptions) {
    this.profile = profile
    this.state = state
    this.#generate = options.generate
    this.drop = compileDrop(profile, state)
    this.insert = compileInsert(profile, state)
    this.#any = compileAny(profile, state)
    this.#counted = profile.cost.remembers ? rememberedNodes(profile) : new Set()
    this.#defs = profile.defs.map((node) => this.compile(node))
    this.root = this.compile(profile.root)
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) next()
  }

  /** One visitor for each node, however often it is reached: else nested objects would be compiled 2^depth times. */
  compile(node: SchemaNode): Visitor {
    const known = this.#compiled.get(node)
    if (known !== undefined) return known
    const visitor = this.#counted.has(node) ? countVisits(this.#compile(node), this.state) : this.#compile(node)
    this.#compiled.set(node, visitor)
    return visitor
  }

  #compile(node: SchemaNode): Visitor {
    switch (node.kind) {
      case 'any':
        return this.#any
      case 'scalar':
        return compileScalar(node, this.profile.numbers)
      case 'values':
        return compileValues(node, this.profile.numbers)
      case 'array':
        return this.#generate && node.prefix.length === 0 ? generateArray(node, this) : this.#array(node)
      case 'object':
        return this.#object(node)
      case 'union':
        return this.#union(node)
      case 'nullable': {
        const inner = this.compile(node.inner)
        return (value) => (value === null ? null : inner(value))
      }
      case 'discriminated':
        return this.#discriminated(node)
      case 'ref':
        // Looked up at each call: the target may not be compiled yet.
        return node.target < 0 ? (value) => this.root(value) : (value) => (this.#defs[node.target] as Visitor)(value)
    }
  }

  #array(node: ArrayNode): Visitor {
    const { minItems = 0, maxItems = Infinity } = node
    const prefix = node.prefix.map((child) => this.compile(child))
    const rest = node.items === false ? undefined : this.compile(node.items)
    const defaults = (node.prefixDefaults ?? []).map((value) => (value === undefined ? undefined : defaultOf(value)))
    return (value) => {
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return undefined
      const items = visitItems(value, prefix, rest, this.state)
      return items && defaults[items.length] ? appendDefaults(items, defaults, this) : items
    }
  }

  #object(node: ObjectNode): Visitor {
    const open = this.#open(node)
    // Only there do defaults count among the keys.
    const mayExceedKeys = node.properties.length > this.profile.limits.maxKeys
    if (node.names || (mayExceedKeys && defaultsOf(node.properties).size > 0)) return open
    if (this.#generate) return generateObject(node, this, open)
    return !isSchema(node.additional) && node.properties.length <= fewMembers ? this.#closed(node) : open
  }

  /** Only the declared members are kept: looked up one by one, in canonical order. */
  #closed(node: ObjectNode): Visitor {
    const { state, drop, insert } = this
    const strips = node.additional === 'strip'
    const declared = new Set(node.properties.map(({ name }) => name))
    const defaults = defaultsOf(node.properties)
    const { maxKeys } = this.profile.limits
    const moves = movesKeys(node.properties.map(({ name }) => name))
    const properties = node.properties.map(({ name, required, node: child }) => ({
      name,
      required,
      visit: this.compile(child),
      missing: defaults.get(name),
    }))
    return (value) => {
      if (!isObject(value)) return undefined
      const result: Record<string, unknown> = {}
      let present = 0
      for (const { name, required, visit, missing } of properties) {
        if (!Object.hasOwn(value, name)) {
          if (required) return undefined
          if (missing === undefined) continue
          setMember(result, name, missing.value)
          insert(missing.units)
          if (missing.movesKeys) state.movesKeys = true
          continue
        }
        const member = visit(value[name])
        if (member === undefined) return undefined
        setMember(result, name, member)
        present++
      }
      const keys = Object.keys(value)
      if (keys.length > maxKeys) return undefined
      if (present !== keys.length) {
        if (!strips) return undefined
        for (const key of keys) if (!declared.has(key) && !drop(key, value[key])) return undefined
      }
      state.members += keys.length
      if (moves) state.movesKeys = true
      return result
    }
  }

  /** Records, and objects that accept members beyond the declared ones. */
  #open(node: ObjectNode): Visitor {
    const declared = new Map(node.properties.map((property) => [property.name, this.compile(property.node)]))
    const additional = isSchema(node.additional) ? this.compile(node.additional) : undefined
    const name = node.names && this.compile(node.names)
    const required = node.properties.filter((property) => property.required).map((property) => property.name)
    const visitorOf = (key: string): Visitor | undefined => {
      if (name && name(key) === undefined) return undefined
      return declared.get(key) ?? additional
    }
    const visitors = declared.size === 0 && !name ? () => additional : visitorOf
    const drop = node.additional === 'strip' ? this.drop : undefined
    const defaults = defaultsOf(node.properties)
    return compileMembers(this.profile, this.state, visitors, { required, drop, insert: this.insert, defaults })
  }

  /** Tries the candidates that may accept the value. Compiled last: a branch may lead back to the union. */
  #union(node: UnionNode): Visitor {
    const { state } = this
    const choices = choicesOf(node, this.profile)
    const visitors: Partial<Record<ValueType, VisitorChoice>> = {}
    this.#pending.push(() => {
      for (const type of valueTypes) visitors[type] = this.#choice(choices[type])
    })
    return (value) => {
      const candidates = listFor(visitors[typeOf(value as JsonValue)] as VisitorChoice, value)
      if (candidates.length === 1) return (candidates[0] as Visitor)(value)
      const { members, inserted } = state
      state.branching++
      let result: unknown
      for (let i = 0; i < candidates.length && result === undefined; i++) {
        spend(1)
        state.members = members
        state.inserted = inserted
        result = (candidates[i] as Visitor)(value)
      }
      state.branching--
      return result
    }
  }

  #choice(choice: Choice): VisitorChoice {
    const compiled = new Map<Choice, VisitorChoice>()
    const compile = (from: Choice): VisitorChoice => {
      let to = compiled.get(from)
      if (to === undefined) compiled.set(from, (to = convert(from)))
      return to
    }
    const convert = (from: Choice): VisitorChoice => {
      if (!('byValue' in from)) return from.map((candidate) => this.compile(candidate))
      const byValue = new Map([...from.byValue].map(([value, next]) => [value, compile(next)]))
      return { key: from.key, byValue, other: compile(from.other), absent: compile(from.absent) }
    }
    return compile(choice)
  }

  #discriminated(node: DiscriminatedNode): Visitor {
    const branches = new Map<unknown, Visitor>()
    for (const branch of node.branches) {
      const visitor = this.compile(branch.node)
      for (const value of branch.values) branches.set(value, visitor)
    }
    const { key } = node
    return (value) => (isObject(value) && Object.hasOwn(value, key) ? branches.get(value[key])?.(value) : undefined)
  }
}

/** A Choice of visitors. */
type VisitorChoice = readonly Visitor[] | VisitorQuestion

interface VisitorQuestion {
  readonly key: string | undefined
  readonly byValue: ReadonlyMap<unknown, VisitorChoice>
  readonly other: VisitorChoice
  readonly absent: VisitorChoice
}

/** The visitors that are left for a value of the choice's type. */
function listFor(from: VisitorChoice, value: unknown): readonly Visitor[] {
  let choice = from
  while ('byValue' in choice) {
    const { key } = choice
    if (key === undefined) choice = choice.byValue.get(value) ?? choice.other
    else if (!Object.hasOwn(value as object, key)) choice = choice.absent
    else choice = choice.byValue.get((value as Record<string, unknown>)[key]) ?? choice.other
  }
  return choice
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The items after their visitors: the array itself, or a copy where branches are tried and an item changes. */
function visitItems(
  items: unknown[],
  prefix: readonly Visitor[],
  rest: Visitor | undefined,
  state: VisitState,
): readonly unknown[] | undefined {
  let result = items
  for (let i = 0; i < items.length; i++) {
    spend(1)
    const visit = i < prefix.length ? prefix[i] : rest
    const item = visit?.(items[i])
    if (item === undefined) return undefined
    if (item === items[i]) continue
    if (result === items && state.branching > 0) result = items.slice()
    result[i] = item
  }
  return result
}

/** Gives up after more visits than the slow path makes, which remembers verdicts. */
function countVisits(visit: Visitor, state: VisitState): Visitor {
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined
    state.visits += 1 + (Array.isArray(value) ? value.length : Object.keys(value).length)
    if (state.visits > state.maxVisits) throw new Error('Branches visit the same values too often.')
    return visit(value)
  }
}

/** The items with the defaults that follow on them. */
function appendDefaults(
  items: readonly unknown[],
  defaults: readonly (Default | undefined)[],
  { state, insert }: VisitorCompiler,
): readonly unknown[] {
  const result = items.slice()
  for (let missing = defaults[result.length]; missing; missing = defaults[result.length]) {
    insert(missing.units)
    result.push(missing.value)
    if (missing.movesKeys) state.movesKeys = true
  }
  return result
}

/** Any value: only the data model and the key order are checked. */
function compileAny(profile: Profile, state: VisitState): Visitor {
  const largest = largestNumber(profile.numbers)
  const any: Visitor = (value) => {
    switch (typeof value) {
      case 'number':
        return value <= largest && value >= -largest ? value : undefined
      case 'object':
        if (value === null) return value
        if (!Array.isArray(value)) return object(value)
        state.visits += value.length
        return visitItems(value, [], any, state)
      default:
        return value
    }
  }
  const object = compileMembers(profile, state, () => any)
  return any
}

interface MemberOptions {
  readonly required?: readonly string[]
  /** Takes the members without a visitor. */
  readonly drop?: VisitorCompiler['drop'] | undefined
  readonly insert?: VisitorCompiler['insert']
  readonly defaults?: ReadonlyMap<string, Default>
}

/** All members of an object in canonical order. `visitorOf` returns undefined for a key that is not declared. */
function compileMembers(
  profile: Profile,
  state: VisitState,
  visitorOf: (key: string) => Visitor | undefined,
  { required = [], drop, insert = () => {}, defaults = new Map() }: MemberOptions = {},
): Visitor {
  const { maxKeys } = profile.limits
  return (value) => {
    if (!isObject(value)) return undefined
    const keys = Object.keys(value)
    if (keys.length > maxKeys) return undefined
    for (const name of required) if (!Object.hasOwn(value, name)) return undefined
    state.members += keys.length
    state.visits += keys.length
    let inserts = false
    for (const [name, missing] of defaults) {
      if (Object.hasOwn(value, name)) continue
      inserts = true
      insert(missing.units)
      keys.push(name)
      if (missing.movesKeys || isIndexLike(name)) state.movesKeys = true
    }
    // No branch of a union rejects it for this: the slow path finds out whether it is the document.
    if (inserts && keys.length > maxKeys) throw new Error('The defaults exceed the keys of a document.')
    const sorted = isSorted(keys)
    // V8 lists keys that look like an array index first, so the first key shows whether there are any.
    if (!sorted && isIndexLike(keys[0] as string)) state.movesKeys = true
    if (!sorted) sortKeys(keys)
    // A canonical object is kept; otherwise a new one is built from the first difference on.
    let result: Record<string, unknown> | undefined = sorted && !inserts ? undefined : {}
    for (let i = 0; i < keys.length; i++) {
      spend(1)
      const key = keys[i] as string
      // JSON.parse makes it an own property, an assignment would not.
      if (key === '__proto__') return undefined
      if (inserts && !Object.hasOwn(value, key)) {
        setMember(result as Record<string, unknown>, key, defaults.get(key)?.value)
        continue
      }
      const member = value[key]
      const visit = visitorOf(key)
      const visited = visit?.(member)
      if (visited === undefined && (visit || !drop?.(key, member))) return undefined
      if (visited !== member && visited !== undefined && result === undefined && state.branching === 0) {
        value[key] = visited
        continue
      }
      if (visited !== member && result === undefined) {
        result = {}
        for (const earlier of keys.slice(0, i)) setMember(result, earlier, value[earlier])
      }
      if (result !== undefined && visited !== undefined) setMember(result, key, visited)
    }
    return result ?? value
  }
}

/** True for keys in canonical order, by UTF-16 code units. */
function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return false
  return true
}

/** True for every key that V8 may list by its number; a few others match too, at no harm. */
const isIndexLike = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key)

/** Sorts into canonical order, in place. Few keys by insertion: V8's sort has four times that cost at the start. */
function sortKeys(keys: string[]): void {
  if (keys.length > 24) {
    keys.sort()
    return
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let at = i
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string
      at--
    }
    keys[at] = key
  }
}
