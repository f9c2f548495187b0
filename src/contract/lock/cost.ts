// The worst case of a contract in steps: one state of a pattern behind one character, or one node that visits one
// value. It is known from the schema and limits.maxBytes, so that no clock decides an outcome. docs/decisions.md has the
// measurements behind the budget. native/core/src/lock/cost.rs is the twin.

import { childrenOf, definition, type SchemaNode, type WorstCase } from '../../model/index.ts'
import { patternCost } from '../../pattern/index.ts'
import { unsupported } from './errors.ts'
import type { SchemaTree } from './tree.ts'
import { Visits } from './visits.ts'

/** About three seconds of one core. */
const budget = 2 ** 28
/** A contract that takes no more than this for each byte always fits: parsing and compressing cost as much. */
const stepsPerByte = 16
/** Bytes of the shortest value, with its comma. */
const valueBytes = 2
/** Up to here, visiting again is cheaper than remembering. */
const maxWithoutMemory = 16

/** Throws `contract.unsupported` when the worst case is above the budget. */
export function measureCost(tree: SchemaTree, maxBytes: number): WorstCase {
  const schema = new SchemaCost(tree)
  const worst = schema.worstCase(maxBytes)
  if (fits(worst.steps, maxBytes)) return worst
  const place = schema.worstPlace(maxBytes)
  const location = tree.locations.find(({ node }) => node === place.node)
  throw unsupported(location?.pointer ?? '', describe(schema, worst, maxBytes, place))
}

/** The most steps that a contract may take for a payload of `maxBytes`. */
export const stepBudget = (maxBytes: number): number => Math.max(budget, stepsPerByte * maxBytes)

const fits = (steps: number, maxBytes: number): boolean => steps <= stepBudget(maxBytes)

function describe(schema: SchemaCost, worst: WorstCase, maxBytes: number, { node, isText }: Place): string {
  const bytes = largest(maxBytes, (count) => fits(schema.worstCase(count).steps, count))
  const length =
    isText && largest(maxBytes, (count) => fits(schema.worstCase(maxBytes, { node, maxLength: count }).steps, maxBytes))
  const remedies = [length ? `maxLength ${length} here` : '', bytes > 0 ? `limits.maxBytes ${bytes}` : '']
  const advice = remedies.filter((text) => text !== '').join(' or ')
  const what = isText
    ? `${worst.states} states of its patterns may be alive behind each character`
    : `${worst.nodes} branches may visit each value`
  return `${what}: with ${maxBytes} bytes ${worst.steps} steps, beyond ${stepBudget(maxBytes)}.${advice && ` It fits with ${advice}.`}`
}

/** The largest count up to `most` that passes; 0 for none. */
function largest(most: number, passes: (count: number) => boolean): number {
  let low = 0
  let high = most
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (passes(middle)) low = middle
    else high = middle - 1
  }
  return low
}

interface Place {
  readonly node: SchemaNode
  readonly isText: boolean
}

/** As if `node` had another maxLength. */
interface Bound {
  readonly node: SchemaNode
  readonly maxLength: number
}

/** A text that occurs once in a payload, with the nodes that match it. */
interface Text {
  readonly node: SchemaNode
  /** States alive behind each character. */
  readonly states: number
  /** Longer texts are not matched. */
  readonly length: number
}

class SchemaCost {
  readonly #tree: SchemaTree
  readonly #visits: Visits
  /** The strings of which a payload holds one at most. */
  readonly #single: ReadonlySet<SchemaNode>
  readonly #nodes: { readonly most: number; readonly node: SchemaNode; readonly remembers: boolean }

  constructor(tree: SchemaTree) {
    this.#tree = tree
    this.#visits = new Visits(tree)
    this.#single = singleStrings(tree)
    this.#nodes = this.#worst(visitsOf, maxWithoutMemory)
  }

  worstCase(maxBytes: number, bound?: Bound): WorstCase {
    const { steps, states } = this.#texts(maxBytes, bound)
    const { most: nodes, remembers } = this.#nodes
    return { steps: steps + this.#nodeSteps(maxBytes), states, nodes, remembers }
  }

  /** The node that adds most of the steps. */
  worstPlace(maxBytes: number): Place {
    const { steps, node } = this.#texts(maxBytes)
    return steps >= this.#nodeSteps(maxBytes) ? { node, isText: true } : { node: this.#nodes.node, isText: false }
  }

  #nodeSteps = (maxBytes: number): number => this.#nodes.most * Math.ceil(maxBytes / valueBytes)

  /** The dearest characters first, as many as their texts may have. */
  #texts(maxBytes: number, bound?: Bound): { steps: number; states: number; node: SchemaNode } {
    const statesOf = (node: SchemaNode): number => statesAlive(node, lengthOf(node, bound))
    const many = this.#worst((node) => (this.#single.has(node) ? 0 : statesOf(node)))
    const texts: Text[] = [...this.#single].map((node) => ({
      node,
      states: statesOf(node),
      length: lengthOf(node, bound),
    }))
    texts.push({ node: many.node, states: many.most, length: Infinity })
    texts.sort((a, b) => b.states - a.states)
    let steps = 0
    let left = maxBytes
    let dearest = 0
    let node = this.#tree.root
    for (const text of texts) {
      const count = Math.min(left, text.length)
      left -= count
      steps += count * text.states
      if (count * text.states > dearest) [dearest, node] = [count * text.states, text.node]
    }
    return { steps, states: texts[0]?.states ?? 0, node }
  }

  /** The most weight on one value and where; remembering verdicts only where it would be more than `limit`. */
  #worst(
    weight: (node: SchemaNode) => number,
    limit?: number,
  ): {
    readonly most: number
    readonly node: SchemaNode
    readonly remembers: boolean
  } {
    const remembers = limit === undefined ? this.#nodes.remembers : undefined
    if (remembers !== true) {
      const measure = this.#visits.withoutMemory(weight)
      const nodes = this.#tree.locations.map(({ node }) => node).filter(({ kind }) => kind !== 'ref')
      const most = nodes.reduce((max, node) => Math.max(max, measure(node)), 0)
      if (remembers === false || most <= (limit ?? 0)) {
        // A container has the weight of its heaviest child: the first innermost node is named.
        const isInnermost = (node: SchemaNode): boolean => childrenOf(node).every((child) => measure(child) < most)
        const node = nodes.find((one) => measure(one) === most && isInnermost(one)) ?? this.#tree.root
        return { most, node, remembers: false }
      }
    }
    return { ...this.#visits.withMemory(weight), remembers: true }
  }
}

/** `any` accepts at once, and the null of a nullable costs nothing beside a visit of its inner node. */
const visitsOf = (node: SchemaNode): number =>
  free.has(node.kind) || (node.kind === 'scalar' && node.types[0] === 'null' && node.types.length === 1) ? 0 : 1
const free: ReadonlySet<SchemaNode['kind']> = new Set(['any', 'ref', 'nullable', 'union'])

const lengthOf = (node: SchemaNode, bound: Bound | undefined): number => {
  if (bound?.node === node) return bound.maxLength
  return node.kind === 'scalar' ? (node.string?.maxLength ?? Infinity) : Infinity
}

/** No more states are alive than characters have been read. */
function statesAlive(node: SchemaNode, maxLength: number): number {
  if (node.kind !== 'scalar') return 0
  const { patterns = [], url } = node.string ?? {}
  const parts = [url?.hostname, url?.protocol].filter((pattern) => pattern !== undefined)
  return [...patterns, ...parts].reduce((sum, pattern) => sum + Math.min(patternCost(pattern), maxLength), 0)
}

/**
 * The strings that lie below the root along members, prefix items, nullables, discriminated unions, and definitions
 * with a single reference: such a path occurs once in a payload.
 */
function singleStrings(tree: SchemaTree): ReadonlySet<SchemaNode> {
  const references = new Map<number, number>([[-1, 1]])
  for (const { node } of tree.locations) {
    if (node.kind === 'ref') references.set(node.target, (references.get(node.target) ?? 0) + 1)
  }
  const single = new Set<SchemaNode>()
  if (references.get(-1) !== 1) return single
  const stack: SchemaNode[] = [tree.root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'scalar') single.add(node)
    else if (node.kind === 'array') stack.push(...node.prefix)
    else if (node.kind === 'object') stack.push(...node.properties.map((property) => property.node))
    else if (node.kind === 'nullable') stack.push(node.inner)
    else if (node.kind === 'discriminated') stack.push(...node.branches.map((branch) => branch.node))
    else if (node.kind === 'ref' && references.get(node.target) === 1) stack.push(definition(tree, node.target))
  }
  return single
}
