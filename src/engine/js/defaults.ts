// The defaults of members and items as the fast path inserts them.

import { childrenOf, type Profile, type Property, type SchemaNode } from '../../model/index.ts'
import { canonicalText, JsonObject, toPlain, type JsonValue } from '../../json/index.ts'
import type { VisitorCompiler, VisitState } from './visitor.ts'

export interface Default {
  readonly value: unknown
  /** See `addedUnits`. */
  readonly units: number
  /** It has a key that looks like an array index, which V8 moves to the front. */
  readonly movesKeys: boolean
}

/** Without `name`: of an item. */
export const defaultOf = (value: JsonValue, name?: string): Default => ({
  value: toPlain(value),
  units: addedUnits(value, name),
  movesKeys: movesAnyKeys(value),
})

/**
 * Length of what a default adds to the text, in UTF-16 units: with its comma, and with the key and colon of a member. The
 * brackets around it make up for a comma that is not there.
 */
export const addedUnits = (value: JsonValue, name?: string): number =>
  canonicalText(value).length + 1 + (name === undefined ? 0 : JSON.stringify(name).length + 1)

/** By the name of the member. */
export const defaultsOf = (properties: readonly Property[]): ReadonlyMap<string, Default> =>
  new Map(
    properties.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, defaultOf(value, name)]])),
  )

/** Those of all nodes of the contract. */
export function allDefaults({ root, defs }: Profile): readonly JsonValue[] {
  const seen = new Set<SchemaNode>([root, ...defs])
  // The loop also visits the nodes that it adds.
  for (const node of seen) for (const child of childrenOf(node)) seen.add(child)
  return [...seen].flatMap(defaultsAt).filter((value) => value !== undefined)
}

function defaultsAt(node: SchemaNode): readonly (JsonValue | undefined)[] {
  if (node.kind === 'array') return node.prefixDefaults ?? []
  return node.kind === 'object' ? node.properties.map((property) => property.default) : []
}

/** The most brackets that are open at one place of a default. */
export const deepestDefault = (profile: Profile): number =>
  allDefaults(profile).reduce<number>((most, value) => Math.max(most, depthOf(value)), 0)

/** How many brackets are open at the deepest place. */
function depthOf(value: JsonValue): number {
  if (Array.isArray(value)) return 1 + value.reduce<number>((most, item) => Math.max(most, depthOf(item)), 0)
  if (!(value instanceof JsonObject)) return 0
  return 1 + value.members.reduce((most, member) => Math.max(most, depthOf(member.value)), 0)
}

export function compileInsert({ limits }: Profile, state: VisitState): VisitorCompiler['insert'] {
  const { maxBytes } = limits
  return (units) => {
    state.inserted += units
    if (state.inserted > maxBytes) throw new Error('The defaults exceed the size of a document.')
  }
}

/** True when V8 lists the keys of an object built with these keys, in this order, in another order. */
export function movesKeys(names: readonly string[]): boolean {
  const built = Object.fromEntries(names.map((name) => [name, true]))
  return Object.keys(built).some((name, i) => name !== names[i])
}

function movesAnyKeys(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(movesAnyKeys)
  if (!(value instanceof JsonObject)) return false
  return movesKeys(value.members.map(({ key }) => key)) || value.members.some((member) => movesAnyKeys(member.value))
}
