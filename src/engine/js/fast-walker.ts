// The fast path's middle: one function per schema node that normalizes, checks and rebuilds a value of JSON.parse in
// canonical key order, or gives up with undefined. Whoever gives up never says why: classify.ts finds out from the bytes.
//
// Own properties only, and no function changes its argument: a union hands one value to several branches.

import type {
  ArrayNode,
  DiscriminatedNode,
  ObjectNode,
  Primitive,
  Profile,
  ScalarNode,
  SchemaNode,
  UnionNode,
  ValuesNode,
} from '../../model/index.ts'
import type { JsonValue } from '../../json/index.ts'
import { largestNumber, numberTest, stringStep } from './checks.ts'
import { fewMembers, generateArray, generateObject } from './codegen.ts'
import { isObject, movesKeys } from './keys.ts'
import { rebuildAny, rebuildMembers } from './members.ts'
import { normalizeString } from './normalize-string.ts'
import { openUnion } from './flatten-union.ts'
import { typeOf, type ValueType } from './value-type.ts'

/** The rebuilt value; undefined: something is wrong, or not surely right. */
export type Rebuild = (value: unknown) => unknown

/** What a walk finds out besides the value. Reset before each payload. */
export interface Walk {
  /** Members of all objects: must equal the members in the text, else a key stood there twice. */
  keys: number
  /** Some key looks like an array index and V8 would move it: write explicitly. */
  explicit: boolean
}

export interface RebuildOptions {
  /** Generate code (`new Function`) for objects and arrays; false where that is disallowed. */
  readonly generate: boolean
}

/** Compiles the functions of one contract; holds what its nodes share. */
export class RebuildCompiler {
  readonly root: Rebuild
  readonly profile: Profile
  readonly walk: Walk
  /** Names that generated code reads without asking whose they are: Object.prototype must not have them. */
  readonly inheritable: Set<string> = new Set()
  readonly #generate: boolean
  readonly #defs: Rebuild[]
  readonly #any: Rebuild
  readonly #compiled = new Map<SchemaNode, Rebuild>()
  readonly #pending: (() => void)[] = []

  constructor(profile: Profile, walk: Walk, options: RebuildOptions) {
    this.profile = profile
    this.walk = walk
    this.#generate = options.generate
    this.#any = rebuildAny(profile, walk)
    this.#defs = profile.defs.map((node) => this.compile(node))
    this.root = this.compile(profile.root)
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) next()
  }

  /** One function for a node, however many ways lead to it: else nested objects would be compiled 2^depth times. */
  compile(node: SchemaNode): Rebuild {
    let rebuild = this.#compiled.get(node)
    if (!rebuild) {
      rebuild = this.#compile(node)
      this.#compiled.set(node, rebuild)
    }
    return rebuild
  }

  #compile(node: SchemaNode): Rebuild {
    switch (node.form) {
      case 'any':
        return this.#any
      case 'scalar':
        return this.#scalar(node)
      case 'values':
        return this.#values(node)
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
        // Looked up at each call: a target may not be compiled yet.
        return node.target < 0 ? (value) => this.root(value) : (value) => (this.#defs[node.target] as Rebuild)(value)
    }
  }

  #scalar(node: ScalarNode): Rebuild {
    const has = (name: ScalarNode['types'][number]): boolean => node.types.includes(name)
    const [string, boolean, nothing] = [has('string'), has('boolean'), has('null')]
    const number = has('number') || has('integer')
    const step = stringStep(node.string)
    const test = numberTest(node.number, this.profile.numbers, !has('number'))
    return (value) => {
      switch (typeof value) {
        case 'string':
          return string ? (step ? step(value) : value) : undefined
        case 'number':
          return number && test(value) ? value : undefined
        case 'boolean':
          return boolean ? value : undefined
        default:
          return nothing && value === null ? value : undefined
      }
    }
  }

  #values(node: ValuesNode): Rebuild {
    const accepted = this.acceptedValues(node)
    const { norm } = node
    return (value) => {
      const text = norm.length > 0 && typeof value === 'string' ? normalizeString(value, norm) : value
      return accepted.has(text as Primitive) ? text : undefined
    }
  }

  /** Without the numbers that the data model refuses. */
  acceptedValues(node: ValuesNode): ReadonlySet<Primitive> {
    const largest = largestNumber(this.profile.numbers)
    return new Set(node.values.filter((value) => typeof value !== 'number' || Math.abs(value) <= largest))
  }

  #array(node: ArrayNode): Rebuild {
    const { minItems = 0, maxItems = Infinity } = node
    const prefix = node.prefix.map((child) => this.compile(child))
    const rest = node.items === false ? undefined : this.compile(node.items)
    return (value) => {
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return undefined
      let result: unknown[] = value
      for (let i = 0; i < value.length; i++) {
        const item = i < prefix.length ? prefix[i] : rest
        const rebuilt = item?.(value[i])
        if (rebuilt === undefined) return undefined
        if (rebuilt === value[i]) continue
        if (result === value) result = value.slice()
        result[i] = rebuilt
      }
      return result
    }
  }

  #object(node: ObjectNode): Rebuild {
    const open = this.#open(node)
    if (node.names) return open
    if (this.#generate) return generateObject(node, this, open)
    return node.additional === false && node.properties.length <= fewMembers ? this.#strict(node) : open
  }

  /** Only the declared members: they are looked for one by one, in canonical order. */
  #strict(node: ObjectNode): Rebuild {
    const { walk } = this
    const { maxKeys } = this.profile.limits
    const moves = movesKeys(node.properties.map(({ name }) => name))
    const properties = node.properties.map(({ name, required, node: child }) => ({
      name,
      required,
      rebuild: this.compile(child),
    }))
    return (value) => {
      if (!isObject(value)) return undefined
      const result: Record<string, unknown> = {}
      let present = 0
      for (const { name, required, rebuild } of properties) {
        if (!Object.hasOwn(value, name)) {
          if (required) return undefined
          continue
        }
        const rebuilt = rebuild(value[name])
        if (rebuilt === undefined) return undefined
        result[name] = rebuilt
        present++
      }
      if (present !== Object.keys(value).length || present > maxKeys) return undefined
      walk.keys += present
      if (moves) walk.explicit = true
      return result
    }
  }

  /** Records, and objects that take members beyond the declared ones. */
  #open(node: ObjectNode): Rebuild {
    const declared = new Map(node.properties.map((property) => [property.name, this.compile(property.node)]))
    const additional = node.additional === false ? undefined : this.compile(node.additional)
    const name = node.names && this.compile(node.names)
    const required = node.properties.filter((property) => property.required).map((property) => property.name)
    const memberOf = (key: string): Rebuild | undefined => {
      if (name && name(key) === undefined) return undefined
      return declared.get(key) ?? additional
    }
    return rebuildMembers(this.profile, this.walk, declared.size === 0 && !name ? () => additional : memberOf, required)
  }

  /** Tries what may take a value of its type. Compiled behind all else: a branch may lead back to the union. */
  #union(node: UnionNode): Rebuild {
    const { walk } = this
    const candidates = openUnion(node, this.profile)
    const branches: Record<ValueType, Rebuild[]> = {
      null: [],
      boolean: [],
      number: [],
      string: [],
      array: [],
      object: [],
    }
    this.#pending.push(() => {
      for (const type of Object.keys(branches) as ValueType[]) {
        branches[type] = candidates[type].map((candidate) => this.compile(candidate))
      }
    })
    return (value) => {
      const mark = walk.keys
      for (const branch of branches[typeOf(value as JsonValue)]) {
        const rebuilt = branch(value)
        if (rebuilt !== undefined) return rebuilt
        walk.keys = mark
      }
      return undefined
    }
  }

  #discriminated(node: DiscriminatedNode): Rebuild {
    const branches = new Map<unknown, Rebuild>()
    for (const branch of node.branches) {
      const rebuild = this.compile(branch.node)
      for (const value of branch.values) branches.set(value, rebuild)
    }
    const { key } = node
    return (value) => (isObject(value) && Object.hasOwn(value, key) ? branches.get(value[key])?.(value) : undefined)
  }
}
