// How the candidates of a union are told apart before any of them looks at a value as a whole: by the value itself, or
// by one member that the candidates require, forbid, or fix to literals. A candidate that is left out would reject the
// value; the others keep their order. native/core/src/lock/choice.rs is the twin.

import {
  findProperty,
  resolveNode,
  type Schema,
  type SchemaNode,
  type LiteralValue,
  type UnionNode,
  type ValueType,
} from './profile.ts'
import { flattenUnion, valueTypes } from './union-candidates.ts'

/** The nodes to be tried in order, or a question whose answer leads to fewer of them. */
export type Choice = readonly SchemaNode[] | Question

export interface Question {
  /** The member that is looked at; undefined: the value itself, a scalar. */
  readonly key: string | undefined
  readonly byValue: ReadonlyMap<unknown, Choice>
  /** For every other value. */
  readonly other: Choice
  /** Without the member. */
  readonly absent: Choice
}

export type Choices = Readonly<Record<ValueType, Choice>>

/** Questions in a row. */
const maxQuestions = 4
/** Most keys that are compared for one question. */
const maxKeys = 16
/** Most nodes in all lists of one question. */
const maxListed = 65_536

/** The choice for each type of value. */
export function choicesOf(union: UnionNode, schema: Schema): Choices {
  const candidates = flattenUnion(union, schema)
  const choices: Partial<Record<ValueType, Choice>> = {}
  for (const type of valueTypes) choices[type] = tellApart(candidates[type], type, schema, maxQuestions)
  return choices as Choices
}

/** All lists that a choice may lead to. */
export function listsOf(choice: Choice): readonly (readonly SchemaNode[])[] {
  if (!('byValue' in choice)) return [choice]
  return [...new Set(choice.byValue.values()), choice.other, choice.absent].flatMap(listsOf)
}

function tellApart(candidates: readonly SchemaNode[], type: ValueType, schema: Schema, questions: number): Choice {
  if (candidates.length < 2 || questions === 0 || type === 'array') return candidates
  const keys = type === 'object' ? likelyKeys(candidates, schema) : [undefined]
  let best: Split | undefined
  for (const key of keys) {
    const split = splitBy(key, candidates, schema)
    if (split.listed <= maxListed && split.largest < (best?.largest ?? candidates.length)) best = split
  }
  if (best === undefined) return candidates
  const lists = new Map<string, Choice>()
  const choiceOf = (numbers: readonly number[]): Choice => {
    const name = numbers.join()
    const known = lists.get(name)
    if (known !== undefined) return known
    const nodes = numbers.map((number) => candidates[number] as SchemaNode)
    const choice = tellApart(nodes, type, schema, questions - 1)
    lists.set(name, choice)
    return choice
  }
  const { key, open, absent } = best
  const byValue = new Map([...best.byValue].map(([value, numbers]) => [value, choiceOf(merge(numbers, open))]))
  return { key, byValue, other: choiceOf(open), absent: choiceOf(absent) }
}

/** The candidates, by their numbers, that are left for each answer. */
interface Split {
  readonly key: string | undefined
  /** Those that name the value. */
  readonly byValue: ReadonlyMap<LiteralValue, readonly number[]>
  /** Those that take any value. */
  readonly open: readonly number[]
  readonly absent: readonly number[]
  /** Nodes of the longest list. */
  readonly largest: number
  /** Nodes of all lists together. */
  readonly listed: number
}

function splitBy(key: string | undefined, candidates: readonly SchemaNode[], schema: Schema): Split {
  const byValue = new Map<LiteralValue, number[]>()
  const open: number[] = []
  const absent: number[] = []
  candidates.forEach((candidate, number) => {
    const { literals, optional } = key === undefined ? ownFacts(candidate) : memberFacts(candidate, key, schema)
    if (optional) absent.push(number)
    if (literals === undefined) open.push(number)
    for (const value of literals ?? []) {
      const numbers = byValue.get(value)
      if (numbers === undefined) byValue.set(value, [number])
      else if (numbers.at(-1) !== number) numbers.push(number)
    }
  })
  let largest = Math.max(open.length, absent.length)
  let listed = open.length + absent.length
  for (const numbers of byValue.values()) {
    largest = Math.max(largest, numbers.length + open.length)
    listed += numbers.length + open.length
  }
  return { key, byValue, open, absent, largest, listed }
}

interface Facts {
  /** The only values that the candidate takes; undefined: not known. */
  readonly literals: readonly LiteralValue[] | undefined
  /** Whether it takes an object without the member. */
  readonly optional: boolean
}

const ownFacts = (node: SchemaNode): Facts => ({ literals: literalsOf(node), optional: false })

function memberFacts(node: SchemaNode, key: string, schema: Schema): Facts {
  if (node.kind === 'discriminated' && node.key === key) {
    return { literals: node.branches.flatMap((branch) => branch.values), optional: false }
  }
  if (node.kind !== 'object') return { literals: undefined, optional: true }
  const property = findProperty(node, key)
  if (property === undefined) return { literals: node.additional === false ? [] : undefined, optional: true }
  return { literals: literalsOf(resolveNode(property.node, schema), schema), optional: !property.required }
}

/** const and enum without normalization, and null. */
function literalsOf(node: SchemaNode | undefined, schema?: Schema): readonly LiteralValue[] | undefined {
  if (node?.kind === 'values' && node.norm.length === 0) return node.values
  if (node?.kind === 'scalar' && node.types.length === 1 && node.types[0] === 'null') return [null]
  if (node?.kind !== 'nullable' || schema === undefined) return undefined
  const inner = resolveNode(node.inner, schema)
  const literals = inner?.kind === 'values' ? literalsOf(inner) : undefined
  return literals && [...literals, null]
}

/** The keys that the most candidates require or fix to literals; equally many in canonical order. */
function likelyKeys(candidates: readonly SchemaNode[], schema: Schema): readonly string[] {
  const counts = new Map<string, number>()
  const count = (key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const node of candidates) {
    if (node.kind === 'discriminated') count(node.key)
    if (node.kind !== 'object') continue
    for (const { name, required, node: child } of node.properties) {
      if (required || literalsOf(resolveNode(child, schema), schema) !== undefined) count(name)
    }
  }
  const order = ([a, countA]: [string, number], [b, countB]: [string, number]): number =>
    countB - countA || (a < b ? -1 : 1)
  return [...counts]
    .sort(order)
    .slice(0, maxKeys)
    .map(([key]) => key)
}

/** Two ascending lists as one. */
const merge = (a: readonly number[], b: readonly number[]): readonly number[] =>
  b.length === 0 ? a : [...a, ...b].sort((x, y) => x - y)
