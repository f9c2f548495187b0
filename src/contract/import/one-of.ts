// oneOf of a JSON Schema. In a lock it is a union whose options are told apart: by a key, or by their types. That is
// judged when every definition is known, because an option may refer to the definition around it.

import { isCoerced, isNull, orNull, propertyOf, valuesOf, type SchemaDocument } from '../schema-document.ts'
import { child, targetOf, type Importer } from './importer.ts'
import type { JsonSchema, Location } from './references.ts'
import { anyOf, areDisjoint, unionOfTypes } from './unions.ts'

interface Entry {
  readonly location: Location
  /** What OpenAPI's `discriminator` names. */
  readonly named: unknown
  /** What it becomes, once it is judged. */
  judged?: SchemaDocument | undefined
}

export class OneOfs {
  readonly #importer: Importer
  /** By the list of options, which every copy of a node shares. */
  readonly #entries = new Map<SchemaDocument[], Entry>()
  /** One object for each node: the merge of two schemas recognizes a pair that it meets again. */
  readonly #settled = new WeakMap<SchemaDocument, SchemaDocument>()

  constructor(importer: Importer) {
    this.#importer = importer
  }

  convert(schema: JsonSchema, location: Location): SchemaDocument {
    const { oneOf, discriminator, 'x-discriminator': own } = schema
    const options = Array.isArray(oneOf) ? (oneOf as unknown[]) : []
    const nodes = options.map((option, i) => this.#importer.convert(option, child(location, 'oneOf', i)))
    if (typeof own === 'string') return { oneOf: nodes, 'x-discriminator': own }
    if (nodes.length < 2) return nodes[0] ?? {}
    const named = (discriminator as { propertyName?: unknown } | null | undefined)?.propertyName
    this.#entries.set(nodes, { location, named })
    return { oneOf: nodes, ...(typeof named === 'string' && { 'x-discriminator': named }) }
  }

  /** The node, or null. */
  orNull(node: SchemaDocument): SchemaDocument {
    return node.oneOf !== undefined && this.#entries.has(node.oneOf) ? { ...node, 'x-nullable': true } : orNull(node)
  }

  /** Every definition is known: reports each oneOf that cannot become a union. */
  judgeAll(): void {
    for (const [nodes, entry] of this.#entries) {
      const problem = 'an option is a reference that leads back to itself; refer to a schema'
      if (this.#judge(nodes, entry) === undefined) this.#importer.reject(child(entry.location, 'oneOf'), problem)
    }
  }

  /** The node with its own oneOf judged, also one in its anyOf; undefined while that needs a definition being converted. */
  settle(node: SchemaDocument): SchemaDocument | undefined {
    if (node.oneOf === undefined && node.anyOf === undefined) return node
    const known = this.#settled.get(node) ?? this.#settle(node)
    if (known !== undefined) this.#settled.set(node, known)
    return known
  }

  #settle(node: SchemaDocument): SchemaDocument | undefined {
    const { oneOf = [], 'x-discriminator': _key, 'x-nullable': isNullable, ...rest } = node
    const entry = this.#entries.get(oneOf)
    if (entry !== undefined) {
      const judged = this.#judge(oneOf, entry)
      return judged && { ...(isNullable === true ? orNull(judged) : judged), ...rest }
    }
    const { anyOf: options = [], ...others } = node
    const settled = this.#settleEach(options)
    if (settled === undefined || settled.every((option, i) => option === options[i])) return settled && node
    return { ...unionWithNull(settled), ...others }
  }

  #settleEach(nodes: readonly SchemaDocument[]): SchemaDocument[] | undefined {
    const settled = nodes.map((node) => this.settle(node))
    return settled.every((node) => node !== undefined) ? settled : undefined
  }

  #judge(nodes: SchemaDocument[], entry: Entry): SchemaDocument | undefined {
    return (entry.judged ??= this.#judgement(nodes, entry))
  }

  #judgement(nodes: SchemaDocument[], { location, named }: Entry): SchemaDocument | undefined {
    const branches = nodes.map((node) => this.#branchesOf(node))
    if (!branches.every((list) => list !== undefined)) return undefined
    const targets = nodes.map((node) => targetOf(this.#importer, node) ?? {})
    const key = named ?? commonKey(targets)
    // A list of its own, because this one need not be judged again.
    if (typeof key === 'string' && tellsApart(targets, key)) return { oneOf: [...nodes], 'x-discriminator': key }
    // At most one of them accepts a value: then "exactly one" is "any".
    if (areDisjoint(branches)) {
      const settled = this.#settleEach(nodes)
      return settled && unionOfTypes(settled)
    }
    return this.#importer.reject(
      child(location, 'oneOf'),
      'oneOf rejects what two options accept, and nothing tells these apart; write anyOf, or give each object a required constant',
    )
  }

  /** What a node leads to without a union or a reference; undefined while one of them is being converted. */
  #branchesOf(node: SchemaDocument): SchemaDocument[] | undefined {
    const branches: SchemaDocument[] = []
    const seen = new Set<SchemaDocument>()
    const stack = [node]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const target = next.$ref === undefined ? next : targetOf(this.#importer, next)
      if (target === undefined) return undefined
      if (seen.has(target)) continue
      seen.add(target)
      const options = target.anyOf ?? target.oneOf
      if (target['x-nullable'] === true) branches.push({ type: 'null' })
      if (options === undefined) branches.push(target)
      else stack.push(...options)
    }
    return branches
  }
}

/** A union that takes null anyway needs no null at its end, where `nullable` put it. */
function unionWithNull(nodes: readonly SchemaDocument[]): SchemaDocument {
  const [others, last] = [anyOf(nodes.slice(0, -1)), nodes.at(-1) as SchemaDocument]
  // Behind a coerced scalar null is not left as it is.
  const isPlain = !(others.anyOf ?? [others]).some(isCoerced)
  return nodes.length > 1 && isNull(last) && isPlain ? orNull(others) : anyOf(nodes)
}

/** A member that every option requires as a constant, all distinct. */
const commonKey = (nodes: readonly SchemaDocument[]): string | undefined =>
  Object.keys(nodes[0]?.properties ?? {})
    .toSorted()
    .find((key) => tellsApart(nodes, key))

function tellsApart(nodes: readonly SchemaDocument[], key: string): boolean {
  const values = nodes.map((node) => {
    const member = propertyOf(node, key)
    if (member === undefined || node.required?.includes(key) !== true) return []
    return valuesOf(member) ?? []
  })
  const all = values.flat()
  return values.every((some) => some.length > 0) && new Set(all).size === all.length
}
