// compareContracts(): the semantic changes from one contract to another. It walks both normal forms side by side, so
// order, annotations and equivalent notations are no change. Objects are in objects.ts, scalars in scalars.ts.

import type { Contract } from '../../model/index.ts'
import type { ArrayNode, DiscriminatedNode, Profile, SchemaNode, UnionNode } from '../../model/index.ts'
import { change, type Affected, type Change } from './change.ts'
import { compareObjects } from './objects.ts'
import { at, pathText, root, subject, type PayloadPath } from './path.ts'
import { compareRest, type Compare } from './rest-schemas.ts'
import { isEquivalent, normalizes, resolve, type Sides } from './equivalence.ts'
import { bound, compareScalars, compareValues, describe, valuesOf } from './scalars.ts'

/**
 * The semantic changes from `old` to `next`, each with its effects. Empty if and only if their ids are equal. "May" in
 * a text means: it depends on the payload.
 */
export function compareContracts(old: Contract, next: Contract): readonly Change[] {
  if (old.id === next.id) return []
  const sides = { old: old.profile, new: next.profile }
  const found = [...compareSettings(sides), ...compareSchemas(sides)]
  if (found.length > 0) return found
  return [change('(root)', 'the schema is written differently', ['issues'])]
}

function compareSchemas(sides: Sides): Change[] {
  const compared = new Map<SchemaNode, Set<SchemaNode>>()
  // Pairs that differ and are reported at another path.
  let repeated = 0
  const compare: Compare = (left, right, path) => {
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
    const found = compareNodes(a, b, path, sides, compare)
    return found.length > 0 || repeated > before
      ? found
      : [change(pathText(path), `${subject(path)} is written differently`, ['issues'])]
  }
  return compare(sides.old.root, sides.new.root, root)
}

function compareNodes(
  left: SchemaNode,
  right: SchemaNode,
  path: PayloadPath,
  sides: Sides,
  compare: Compare,
): Change[] {
  const [a, b] = [withoutNull(left, sides.old), withoutNull(right, sides.new)]
  if (a.node === left && b.node === right) return compareNonNull(left, right, path, sides, compare)
  return [...compareNull(a.nullable, b.nullable, path), ...compare(a.node, b.node, path)]
}

function compareNull(a: boolean | undefined, b: boolean | undefined, path: PayloadPath): Change[] {
  if (a === b || a === undefined || b === undefined) return []
  if (b) return [change(pathText(path), `${subject(path)} may be null`, ['new-accepted'])]
  const what = `${subject(path)} may no longer be null`
  return [change(pathText(path), what, ['old-rejected'], 'old payloads with null are rejected')]
}

interface NonNull {
  readonly node: SchemaNode
  /** Whether null is accepted beside the node; undefined where the node itself decides. */
  readonly nullable: boolean | undefined
}

function withoutNull(node: SchemaNode, profile: Profile): NonNull {
  if (node.kind === 'nullable') return { node: resolve(node.inner, profile), nullable: true }
  if (node.kind === 'any') return { node, nullable: undefined }
  if (node.kind !== 'scalar' || !node.types.includes('null')) return { node, nullable: false }
  if (node.types.length === 1) return { node, nullable: undefined }
  return { node: { ...node, types: node.types.filter((type) => type !== 'null') }, nullable: true }
}

function compareNonNull(a: SchemaNode, b: SchemaNode, path: PayloadPath, sides: Sides, compare: Compare): Change[] {
  if (a.kind === 'object' && b.kind === 'object') return compareObjects(a, b, path, sides, compare)
  if (a.kind === 'array' && b.kind === 'array') return compareArrays(a, b, path, compare)
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareScalars(a, b, path)
  if (a.kind === 'values' && b.kind === 'values') return compareValues(a, b, path)
  if (a.kind === 'discriminated' && b.kind === 'discriminated') return compareBranches(a, b, path, compare)
  if (a.kind === 'union' || b.kind === 'union') return compareUnions(a, b, path, sides, compare)
  return [kindChange(a, b, path, sides)]
}

function kindChange(a: SchemaNode, b: SchemaNode, path: PayloadPath, sides: Sides): Change {
  const affects: Affected[] = [...widened(a, b)]
  if (normalizes(a, sides.old) || normalizes(b, sides.new)) affects.push('digests')
  return change(pathText(path), `${subject(path)} was ${describe(a)}, is ${describe(b)}`, affects)
}

/** The effects of another kind of schema. */
function widened(a: SchemaNode, b: SchemaNode): readonly Affected[] {
  if (a.kind === 'any') return ['old-rejected']
  if (b.kind === 'any') return ['new-accepted']
  // A list of values against their own bare type: one includes the other.
  if (a.kind === 'scalar' && b.kind === 'values' && bare(a) && valuesOf(b).every((type) => a.types.includes(type)))
    return ['old-rejected']
  if (a.kind === 'values' && b.kind === 'scalar' && bare(b) && valuesOf(a).every((type) => b.types.includes(type)))
    return ['new-accepted']
  return ['old-rejected', 'new-accepted']
}

const bare = (node: SchemaNode): boolean =>
  node.kind === 'scalar' &&
  node.number === undefined &&
  (node.string === undefined ||
    (node.string.patterns.length === 0 &&
      node.string.minLength === undefined &&
      node.string.maxLength === undefined &&
      node.string.norm.length === 0))

function compareArrays(a: ArrayNode, b: ArrayNode, path: PayloadPath, compare: Compare): Change[] {
  const found: Change[] = []
  for (let i = 0; i < Math.max(a.prefix.length, b.prefix.length); i++) {
    const [left, right] = [a.prefix[i] ?? a.items, b.prefix[i] ?? b.items]
    found.push(...compareRest(left, right, at.item(path, i), 'items', compare))
  }
  found.push(...compareRest(a.items, b.items, at.items(path), 'items', compare))
  found.push(...bound(path, 'items, at least', a.minItems, b.minItems, 'least'))
  found.push(...bound(path, 'items, at most', a.maxItems, b.maxItems, 'most'))
  return found
}

function compareBranches(a: DiscriminatedNode, b: DiscriminatedNode, path: PayloadPath, compare: Compare): Change[] {
  if (a.key !== b.key) {
    const text = `${subject(path)} is discriminated by ${JSON.stringify(b.key)}, was by ${JSON.stringify(a.key)}`
    return [change(pathText(path), text, ['old-rejected', 'new-accepted'])]
  }
  const found: Change[] = []
  const key = `\`${at.member(path, a.key).path}\``
  for (const { values, node } of a.branches) {
    for (const value of values) {
      const branch = b.branches.find((other) => other.values.includes(value))
      if (branch === undefined)
        found.push(
          change(
            pathText(path),
            `branch ${JSON.stringify(value)} of ${key} removed`,
            ['old-rejected'],
            'old payloads with it are rejected',
          ),
        )
      else found.push(...compare(node, branch.node, at.branch(path, value)))
    }
  }
  const known = new Set(a.branches.flatMap(({ values }) => values))
  for (const value of b.branches.flatMap(({ values }) => values)) {
    if (!known.has(value))
      found.push(change(pathText(path), `branch ${JSON.stringify(value)} of ${key} added`, ['new-accepted']))
  }
  return found
}

/** Common branches are no change. A single remaining pair is compared; others are removed and added. */
function compareUnions(a: SchemaNode, b: SchemaNode, path: PayloadPath, sides: Sides, compare: Compare): Change[] {
  const [before, after] = [optionsOf(a), optionsOf(b)]
  const removed = before.filter((option) => !after.some((other) => isEquivalent(option, other, sides)))
  const added = after.filter((option) => !before.some((other) => isEquivalent(other, option, sides)))
  const [left, right] = [removed[0], added[0]]
  if (removed.length === 1 && added.length === 1 && left !== undefined && right !== undefined) {
    const sameKind = resolve(left, sides.old).kind === resolve(right, sides.new).kind
    if (sameKind && a.kind === b.kind) return compare(left, right, path)
  }
  if (removed.length === before.length && before.length > 0 && a.kind !== b.kind) return [kindChange(a, b, path, sides)]
  return [
    ...removed.map((option) =>
      change(pathText(path), `${subject(path)} no longer accepts ${describe(resolve(option, sides.old))}`, [
        'old-rejected',
        ...(normalizes(option, sides.old) ? (['digests'] as const) : []),
      ]),
    ),
    ...added.map((option) =>
      change(pathText(path), `${subject(path)} also accepts ${describe(resolve(option, sides.new))}`, ['new-accepted']),
    ),
  ]
}

function optionsOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.kind === 'union') return (node satisfies UnionNode).branches
  if (node.kind === 'scalar' && node.types.length > 1)
    return node.types.map((type) => ({ kind: 'scalar', types: [type] }) as const)
  return [node]
}

/** The fields of a contract other than its schema. */
function compareSettings({ old, new: next }: Sides): Change[] {
  const contractChange = (what: string, affects: readonly Affected[]): Change => change('(contract)', what, affects)
  const found: Change[] = []
  if (old.name !== next.name) found.push(contractChange(`the name "${old.name}" became "${next.name}"`, []))
  if (old.numbers !== next.numbers)
    found.push(
      next.numbers === 'double'
        ? contractChange('integers beyond 2^53 - 1 are rounded, no longer rejected', ['new-accepted'])
        : contractChange('integers beyond 2^53 - 1 are rejected, no longer rounded', ['old-rejected']),
    )
  for (const [name, unit] of [
    ['maxBytes', 'bytes in a payload'],
    ['maxDepth', 'levels of nesting'],
    ['maxKeys', 'keys in an object'],
  ] as const) {
    const [a, b] = [old.limits[name], next.limits[name]]
    if (a !== b)
      found.push(
        contractChange(
          `limit \`${name}\` ${b < a ? 'lowered' : 'raised'} from ${a} to ${b} ${unit}`,
          b < a ? ['old-rejected'] : ['new-accepted'],
        ),
      )
  }
  if (old.digest !== next.digest)
    found.push(contractChange(`the digest was ${old.digest}, is ${next.digest}`, ['digests']))
  const [a, b] = [codecText(old.compress), codecText(next.compress)]
  if (a !== b) found.push(contractChange(`compression was ${a}, is ${b}`, ['bodies']))
  const [from, to] = [dictionaryText(old), dictionaryText(next)]
  if (from !== to) found.push(contractChange(`the dictionary was ${from}, is ${to}`, ['bodies']))
  return found
}

const codecText = ({ codec, level }: Profile['compress']): string =>
  level === undefined ? codec : `${codec}, level ${level}`

const dictionaryText = ({ dictionary }: Profile): string =>
  dictionary === undefined ? 'none' : `${dictionary.id} (SHA-256 ${dictionary.sha256.slice(0, 12)}…)`
