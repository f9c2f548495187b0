// How many nodes visit one value. Branches of a union that are not told apart visit it one after the other, and so
// do the branches of each union below them: 25 nested unions of two branches make 67 million visits, unless the engines
// remember a value's verdict under a node. native/core/src/lock/visits.rs is the twin.

import {
  childrenOf,
  choicesOf,
  definition,
  isSchema,
  listsOf,
  typesOf,
  valueTypes,
  type SchemaNode,
  type UnionNode,
  type ValueType,
} from '../../model/index.ts'
import { findCycles } from './cycles.ts'
import { referencesOf, type SchemaTree } from './tree.ts'

/** What one visit of a value costs by itself, without its children. */
export type Weight = (node: SchemaNode) => number

/** The lists of candidates that a union may try for a value of each type. */
type Lists = Readonly<Record<ValueType, readonly (readonly SchemaNode[])[]>>

/** The unions of a schema that is free of cycles that consume no input. */
export class Visits {
  readonly #tree: SchemaTree
  readonly #lists = new Map<SchemaNode, Lists>()
  readonly #groups: readonly (readonly number[])[]
  /** The nodes of each definition. */
  readonly #owned = new Map<number, SchemaNode[]>()
  readonly #owners = new Map<SchemaNode, number>()
  readonly #sameGroup: (a: number, b: number) => boolean
  /** Whether a reference below the candidate leads to the group of its own definition. */
  readonly #leadsBack = new Map<SchemaNode, boolean>()
  /** The definitions with a union of which such a candidate of the same group visits a value beside others. */
  readonly #growing = new Set<number>()

  constructor(tree: SchemaTree) {
    this.#tree = tree
    const cycles = findCycles(tree, 'all')
    this.#groups = cycles.groups
    for (const { node, owner } of tree.locations) {
      this.#owners.set(node, owner)
      const owned = this.#owned.get(owner)
      if (owned === undefined) this.#owned.set(owner, [node])
      else owned.push(node)
      if (node.kind === 'union') this.#lists.set(node, listsByType(node, tree))
    }
    this.#sameGroup = (a, b) => cycles.sameGroup(a, b)
    for (const { node, owner } of tree.locations) {
      if (node.kind !== 'union') continue
      const lists = Object.values(this.#listsOf(node)).flat()
      const several = new Set(lists.filter((list) => list.length > 1).flat())
      if ([...several].some((candidate) => this.#isCycle(candidate, owner))) this.#growing.add(owner)
    }
  }

  /**
   * The weight of all visits of one value below each node when nothing is remembered: the sum over candidates that visit
   * the same value, else the largest of the children. Infinity: it grows with the depth of the payload.
   */
  withoutMemory(weight: Weight): (node: SchemaNode) => number {
    const ofDefinition = new Map<number, number>()
    const known = new Map<SchemaNode, number>()
    const measure = (node: SchemaNode): number => {
      if (node.kind === 'ref') return ofDefinition.get(node.target) ?? 0
      let found = known.get(node)
      if (found === undefined) known.set(node, (found = compute(node)))
      return found
    }
    const compute = (node: SchemaNode): number => {
      if (node.kind !== 'union') return Math.max(weight(node), ...childrenOf(node).map(measure))
      const owner = this.#ownerOf(node)
      const ofCandidate = (candidate: SchemaNode): number => {
        if (!this.#isCycle(candidate, owner)) return measure(candidate)
        return Math.max(weight(candidate), ofDefinition.get(this.#ownerOf(candidate)) ?? 0)
      }
      let most = 0
      for (const lists of Object.values(this.#listsOf(node))) {
        for (const list of lists) most = Math.max(most, sum(list, ofCandidate))
      }
      return most
    }
    for (const group of this.#groups) {
      // In a group that does not grow, cycles only pass the largest number on: one round finds it.
      const found = group.some((number) => this.#growing.has(number))
        ? Infinity
        : group.reduce((most, number) => Math.max(most, largest(this.#owned.get(number) ?? [], measure)), 0)
      for (const number of group) {
        ofDefinition.set(number, found)
        // Measured before the group was known.
        for (const node of this.#owned.get(number) ?? []) known.delete(node)
      }
    }
    return measure
  }

  /**
   * The weight of all visits of one value when each node visits it once: the largest sum over the nodes that one key, or
   * the items of arrays, or the keys of records may lead to. The node is one of them.
   */
  withMemory(weight: Weight): { readonly most: number; readonly node: SchemaNode } {
    const { root, locations } = this.#tree
    const items = new Set<SchemaNode>()
    const names = new Set<SchemaNode>()
    const additional = new Set<SchemaNode>()
    const members = new Map<string, Set<SchemaNode>>()
    const resolved = (node: SchemaNode): SchemaNode => this.#resolve(node)
    for (const { node } of locations) {
      if (node.kind === 'array') {
        for (const child of childrenOf(node)) items.add(resolved(child))
      } else if (node.kind === 'object') {
        if (node.names) names.add(resolved(node.names))
        if (isSchema(node.additional)) additional.add(resolved(node.additional))
        for (const property of node.properties) {
          const targets = members.get(property.name) ?? new Set()
          members.set(property.name, targets.add(resolved(property.node)))
        }
      }
    }
    const widths = new Map<SchemaNode, Widths>()
    const widthsOf = (node: SchemaNode): Widths => {
      let found = widths.get(node)
      if (found === undefined) widths.set(node, (found = this.#widths(node, weight)))
      return found
    }
    const others = [...additional]
    const base = total(others, widthsOf)
    let most = 0
    let worst = root
    const compare = (nodes: readonly SchemaNode[], start: Widths): void => {
      const width = Math.max(...Object.values(total(nodes, widthsOf, start)))
      if (width > most) [most, worst] = [width, nodes[0] ?? others[0] ?? root]
    }
    compare([resolved(root)], noWidths)
    compare([...items], noWidths)
    compare([...names], noWidths)
    compare(others, noWidths)
    for (const targets of members.values())
      compare(
        [...targets].filter((node) => !additional.has(node)),
        base,
      )
    return { most, node: worst }
  }

  #widths(node: SchemaNode, weight: Weight): Widths {
    if (node.kind === 'nullable') {
      const inner = this.#widths(this.#resolve(node.inner), weight)
      return { ...inner, null: inner.null + weight(node) }
    }
    const widths = { ...noWidths }
    if (node.kind === 'union') {
      const lists = this.#listsOf(node)
      for (const type of valueTypes) widths[type] = Math.max(...lists[type].map((list) => sum(list, weight)))
    } else {
      for (const type of typesOf(node)) widths[type] = weight(node)
    }
    return widths
  }

  #resolve(node: SchemaNode): SchemaNode {
    let end = node
    while (end.kind === 'ref') end = definition(this.#tree, end.target)
    return end
  }

  /** A node that the tree does not locate is a leaf. */
  #ownerOf = (node: SchemaNode): number => this.#owners.get(node) ?? -1

  /** Whether the candidate of a union of the definition `owner` leads back to its group. */
  #isCycle(candidate: SchemaNode, owner: number): boolean {
    const own = this.#ownerOf(candidate)
    if (!this.#sameGroup(own, owner)) return false
    let leadsBack = this.#leadsBack.get(candidate)
    if (leadsBack === undefined) {
      leadsBack = referencesOf(candidate, childrenOf).some(({ target }) => this.#sameGroup(target, own))
      this.#leadsBack.set(candidate, leadsBack)
    }
    return leadsBack
  }

  #listsOf = (node: SchemaNode): Lists => this.#lists.get(node) as Lists
}

type Widths = Record<ValueType, number>

const noWidths: Readonly<Widths> = { null: 0, boolean: 0, number: 0, string: 0, array: 0, object: 0 }

function listsByType(node: UnionNode, tree: SchemaTree): Lists {
  const choices = choicesOf(node, tree)
  return Object.fromEntries(valueTypes.map((type) => [type, listsOf(choices[type])])) as unknown as Lists
}

const largest = (list: readonly SchemaNode[], measure: Weight): number =>
  list.reduce((most, node) => Math.max(most, measure(node)), 0)

const sum = (list: readonly SchemaNode[], weight: Weight): number => list.reduce((all, node) => all + weight(node), 0)

function total(nodes: readonly SchemaNode[], widthsOf: (node: SchemaNode) => Widths, start = noWidths): Widths {
  const all = { ...start }
  for (const node of nodes) {
    const widths = widthsOf(node)
    for (const type of valueTypes) all[type] += widths[type]
  }
  return all
}
