// compareContracts(): the semantic changes from one contract to another. It walks both normal forms side by side, so
// order, annotations and equivalent notations are no change. Objects are in objects.ts, scalars in scalars.ts.

import {
  checkContract,
  type ArrayNode,
  type Contract,
  type DiscriminatedNode,
  type Profile,
  type SchemaNode,
} from '../../model/index.ts'
import { stringifyWithBigints } from '../../json/index.ts'
import { inferTypes } from '../lock/keywords.ts'
import { pathTo, rootPath } from '../paths.ts'
import { change, fieldChange, inOrder, type Affected, type Change } from './change.ts'
import { edits, isEquivalent, resolve, type Sides } from './equivalence.ts'
import { compareDefaults, compareObjects, compareRest, type Comparison } from './objects.ts'
import { compareBound, compareScalars, compareValues, describe } from './scalars.ts'

/**
 * The semantic changes from `old` to `next`, each with its effects. Empty if and only if their ids are equal. "May" in
 * a text means: it depends on the payload.
 *
 * Throws `options.invalid` for what is not a contract.
 */
export function compareContracts(old: Contract, next: Contract): readonly Change[] {
  checkContract(old, 'old')
  checkContract(next, 'next')
  if (old.id === next.id) return []
  const sides = { old: old.profile, new: next.profile }
  const found = [...compareSettings(sides), ...compareSchemas(sides)]
  if (found.length > 0) return found
  return [change(rootPath, 'the schema is written differently', ['issues'])]
}

function compareSchemas(sides: Sides): Change[] {
  const compared = new Map<SchemaNode, Set<SchemaNode>>()
  // Pairs that differ and are reported at another path.
  let repeated = 0
  const compare: Comparison['compare'] = (left, right, path) => {
    const [a, b] = [resolve(left, sides.old), resolve(right, sides.new)]
    // Compares each pair once: recursion ends, and a difference shared by several places is reported at the first.
    const seen = compared.get(a) ?? new Set()
    if (isEquivalent(a, b, sides)) return []
    if (seen.has(b)) {
      repeated++
      return []
    }
    compared.set(a, seen.add(b))
    const before = repeated
    const found = compareNodes(a, b, path, { ...sides, compare })
    return found.length > 0 || repeated > before ? found : [fieldChange(path, 'is written differently', ['issues'])]
  }
  return compare(sides.old.root, sides.new.root, rootPath)
}

function compareNodes(left: SchemaNode, right: SchemaNode, path: string, comparison: Comparison): Change[] {
  const [a, aNullable] = withoutNull(left, comparison.old)
  const [b, bNullable] = withoutNull(right, comparison.new)
  if (a === left && b === right) return compareNonNull(left, right, path, comparison)
  const found = comparison.compare(a, b, path)
  if (aNullable === bNullable || aNullable === undefined || bNullable === undefined) return found
  if (bNullable) return [nullAdded(path, convertsNull(a, comparison.old)), ...found]
  return [nullRemoved(path, convertsNull(b, comparison.new)), ...found]
}

const nullAdded = (path: string, converted: boolean): Change =>
  converted
    ? fieldChange(path, 'may be null, which is no longer converted', ['new-accepted', 'digests'])
    : fieldChange(path, 'may be null', ['new-accepted'])

const nullRemoved = (path: string, converted: boolean): Change =>
  converted
    ? fieldChange(path, 'may no longer be null, which is converted', ['old-rejected', 'digests'])
    : fieldChange(path, 'may no longer be null', ['old-rejected'], 'old payloads with null are rejected')

/** True for a node that may write another value in the place of null. */
function convertsNull(node: SchemaNode, profile: Profile): boolean {
  const target = resolve(node, profile)
  if (target.kind === 'union') return target.branches.some((branch) => convertsNull(branch, profile))
  return target.kind === 'scalar' && target.coerce === true
}

/** The node, and whether null is accepted beside it; undefined where the node itself decides. */
function withoutNull(node: SchemaNode, profile: Profile): [node: SchemaNode, nullable: boolean | undefined] {
  if (node.kind === 'nullable') return [resolve(node.inner, profile), true]
  if (node.kind === 'any') return [node, undefined]
  if (node.kind !== 'scalar' || !node.types.includes('null')) return [node, false]
  if (node.types.length === 1) return [node, undefined]
  return [{ ...node, types: node.types.filter((type) => type !== 'null') }, true]
}

function compareNonNull(a: SchemaNode, b: SchemaNode, path: string, comparison: Comparison): Change[] {
  if (a.kind === 'object' && b.kind === 'object') return compareObjects(a, b, path, comparison)
  if (a.kind === 'array' && b.kind === 'array') return compareArrays(a, b, path, comparison)
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareScalars(a, b, path)
  if (a.kind === 'values' && b.kind === 'values') return compareValues(a, b, path)
  if (a.kind === 'discriminated' && b.kind === 'discriminated') return compareBranches(a, b, path, comparison)
  if (a.kind === 'union' || b.kind === 'union') return compareUnions(a, b, path, comparison)
  return [kindChange(a, b, path, comparison)]
}

function kindChange(a: SchemaNode, b: SchemaNode, path: string, sides: Sides): Change {
  const affects = [...widened(a, b), ...digestsOf(a, b, sides)]
  return fieldChange(path, `was ${describe(a)}, is ${describe(b)}`, affects)
}

/** Digests, where one of the two writes another value than it reads. */
const digestsOf = (a: SchemaNode, b: SchemaNode, sides: Sides): readonly Affected[] =>
  edits(a, sides.old) || edits(b, sides.new) ? ['digests'] : []

/** The effects of another kind of schema. */
function widened(a: SchemaNode, b: SchemaNode): readonly Affected[] {
  if (a.kind === 'any' || includesValues(a, b)) return ['old-rejected']
  if (b.kind === 'any' || includesValues(b, a)) return ['new-accepted']
  return ['old-rejected', 'new-accepted']
}

/** True for a type without limits and a list of values of that type. */
const includesValues = (all: SchemaNode, some: SchemaNode): boolean =>
  all.kind === 'scalar' &&
  all.string === undefined &&
  all.number === undefined &&
  some.kind === 'values' &&
  inferTypes(some.values).every((type) => all.types.includes(type))

const compareArrays = (a: ArrayNode, b: ArrayNode, path: string, comparison: Comparison): Change[] => [
  ...Array.from({ length: Math.max(a.prefix.length, b.prefix.length) }, (_, i) =>
    compareRest(a.prefix[i] ?? a.items, b.prefix[i] ?? b.items, pathTo.item(path, i), 'items', comparison),
  ).flat(),
  ...Array.from({ length: Math.max(a.prefix.length, b.prefix.length) }, (_, i) =>
    compareDefaults(a.prefixDefaults?.[i], b.prefixDefaults?.[i], pathTo.item(path, i)),
  ).flat(),
  ...compareRest(a.items, b.items, pathTo.items(path), 'items', comparison),
  ...compareBound(path, 'items, at least', a.minItems, b.minItems, 'least'),
  ...compareBound(path, 'items, at most', a.maxItems, b.maxItems, 'most'),
]

function compareBranches(a: DiscriminatedNode, b: DiscriminatedNode, path: string, comparison: Comparison): Change[] {
  if (a.key !== b.key) {
    const text = `is discriminated by ${JSON.stringify(b.key)}, was by ${JSON.stringify(a.key)}`
    return [fieldChange(path, text, ['old-rejected', 'new-accepted', ...digestsOf(a, b, comparison)])]
  }
  const branchText = (value: unknown): string =>
    `branch ${stringifyWithBigints(value)} of \`${pathTo.property(path, a.key)}\``
  const [before, after] = [branchesByValue(a), branchesByValue(b)]
  const found: Change[] = []
  for (const [value, node] of before) {
    const other = after.get(value)
    if (other !== undefined) found.push(...comparison.compare(node, other, pathTo.branch(path, value)))
    else found.push(change(path, `${branchText(value)} removed`, ['old-rejected'], 'old payloads with it are rejected'))
  }
  for (const value of after.keys()) {
    if (!before.has(value)) found.push(change(path, `${branchText(value)} added`, ['new-accepted']))
  }
  return found
}

const branchesByValue = ({ branches }: DiscriminatedNode): ReadonlyMap<unknown, SchemaNode> =>
  new Map(branches.flatMap(({ values, node }) => values.map((value) => [value, node] as const)))

/**
 * Common branches are no change. A single remaining pair is compared; others are removed and added. The first branch that
 * accepts a value writes it: where one edits, any change of the list may give a value to another branch.
 */
function compareUnions(a: SchemaNode, b: SchemaNode, path: string, comparison: Comparison): Change[] {
  const found = compareOptions(a, b, path, comparison)
  if (digestsOf(a, b, comparison).length === 0) return found
  if (found.length > 0) return found.map(withDigests)
  // None, or one that is reported at another path, without this effect.
  return [fieldChange(path, 'has changed alternatives, or another order of them', ['digests'])]
}

function compareOptions(a: SchemaNode, b: SchemaNode, path: string, comparison: Comparison): Change[] {
  const [before, after] = [optionsOf(a), optionsOf(b)]
  const removed = before.filter((option) => !after.some((other) => isEquivalent(option, other, comparison)))
  const added = after.filter((option) => !before.some((other) => isEquivalent(other, option, comparison)))
  const [left, right] = [removed[0], added[0]]
  if (removed.length === 1 && added.length === 1 && left !== undefined && right !== undefined) {
    const sameKind = resolve(left, comparison.old).kind === resolve(right, comparison.new).kind
    if (sameKind && a.kind === b.kind) return comparison.compare(left, right, path)
  }
  if (removed.length === before.length && before.length > 0 && a.kind !== b.kind)
    return [kindChange(a, b, path, comparison)]
  return [
    ...removed.map((option) =>
      fieldChange(path, `no longer accepts ${describe(resolve(option, comparison.old))}`, ['old-rejected']),
    ),
    ...added.map((option) =>
      fieldChange(path, `also accepts ${describe(resolve(option, comparison.new))}`, ['new-accepted']),
    ),
  ]
}

const withDigests = ({ path, text, affects }: Change): Change =>
  affects.includes('digests')
    ? { path, text, affects }
    : { path, text: `${text}, digests may change`, affects: inOrder([...affects, 'digests']) }

function optionsOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.kind === 'union') return node.branches
  if (node.kind !== 'scalar') return [node]
  return node.types.length === 1 ? [node] : node.types.map((type) => ({ kind: 'scalar', types: [type] }))
}

/** What happens to integers beyond ±(2^53 - 1); `accepts`: how many of them pass the data model. */
const largeIntegers = {
  safe: { text: 'rejected', accepts: 0 },
  int64: { text: 'kept up to 64 bits', accepts: 1 },
  double: { text: 'rounded', accepts: 2 },
} as const

type LargeIntegers = (typeof largeIntegers)[keyof typeof largeIntegers]

function changedIntegers(from: LargeIntegers, to: LargeIntegers): readonly Affected[] {
  const verdict = to.accepts > from.accepts ? 'new-accepted' : 'old-rejected'
  return from.accepts > 0 && to.accepts > 0 ? [verdict, 'digests'] : [verdict]
}

/** The fields of a contract other than its schema. */
function compareSettings({ old, new: next }: Sides): Change[] {
  const found: Change[] = []
  const addChange = (what: string, affects: readonly Affected[]): void =>
    void found.push(change('(contract)', what, affects))
  if (old.name !== next.name) addChange(`the name "${old.name}" became "${next.name}"`, [])
  if (old.numbers !== next.numbers) {
    const [from, to] = [largeIntegers[old.numbers], largeIntegers[next.numbers]]
    addChange(`integers beyond 2^53 - 1 are ${to.text}, no longer ${from.text}`, changedIntegers(from, to))
  }
  for (const [name, unit] of [
    ['maxBytes', 'bytes in a payload'],
    ['maxDepth', 'levels of nesting'],
    ['maxKeys', 'keys in an object'],
  ] as const) {
    const [a, b] = [old.limits[name], next.limits[name]]
    if (b < a) addChange(`limit \`${name}\` lowered from ${a} to ${b} ${unit}`, ['old-rejected'])
    if (b > a) addChange(`limit \`${name}\` raised from ${a} to ${b} ${unit}`, ['new-accepted'])
  }
  if (old.digest !== next.digest) addChange(`the digest was ${old.digest}, is ${next.digest}`, ['digests'])
  const [codec, nextCodec] = [codecText(old), codecText(next)]
  if (codec !== nextCodec) addChange(`compression was ${codec}, is ${nextCodec}`, ['bodies'])
  const [dictionary, nextDictionary] = [dictionaryText(old), dictionaryText(next)]
  if (dictionary !== nextDictionary) addChange(`the dictionary was ${dictionary}, is ${nextDictionary}`, ['bodies'])
  return found
}

const codecText = ({ compress: { codec, level } }: Profile): string =>
  level === undefined ? codec : `${codec}, level ${level}`

const dictionaryText = ({ dictionary }: Profile): string =>
  dictionary === undefined ? 'none' : `${dictionary.id} (SHA-256 ${dictionary.sha256.slice(0, 12)}…)`
