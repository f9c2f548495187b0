// compareContracts(): what changed in meaning from one contract to the next. It walks both normal forms side by side, so
// order, descriptions and other ways to write the same are no change. Objects are in objects.ts, scalars in scalars.ts.

import type { Contract } from '../../model/index.ts'
import type { ArrayNode, DiscriminatedNode, Profile, SchemaNode, UnionNode } from '../../model/index.ts'
import { change, type Affected, type Change } from './change.ts'
import { compareObjects } from './objects.ts'
import { at, pathText, root, subject, type Place } from './path.ts'
import { compareRest, type Compare } from './rest-schemas.ts'
import { normalizes, resolve, same, type Sides } from './same.ts'
import { bound, compareScalars, compareValues, describe, valuesOf } from './scalars.ts'

/**
 * What changed in meaning from `old` to `new`, in words, with who is affected. Empty if and only if their ids are equal.
 * "May" in a text means: it depends on the payload.
 */
export function compareContracts(old: Contract, next: Contract): readonly Change[] {
  if (old.id === next.id) return []
  const sides = { old: old.profile, new: next.profile }
  const found = [...compareFrames(sides), ...compareSchemas(sides)]
  if (found.length > 0) return found
  return [change('(root)', 'the schema says it in another form', ['issues'])]
}

function compareSchemas(sides: Sides): Change[] {
  const met = new Map<SchemaNode, Set<SchemaNode>>()
  // Differences met again, which stand elsewhere in the list.
  let told = 0
  const compare: Compare = (left, right, place) => {
    const [a, b] = [resolve(left, sides.old), resolve(right, sides.new)]
    // Each pair once: a recursive schema ends, and what several places share is told at the first.
    const seen = met.get(a) ?? new Set()
    if (same(a, b, sides)) return []
    if (seen.has(b)) {
      told++
      return []
    }
    met.set(a, seen.add(b))
    const before = told
    const found = compareNodes(a, b, place, sides, compare)
    return found.length > 0 || told > before
      ? found
      : [change(pathText(place), `${subject(place)} is written in another form`, ['issues'])]
  }
  return compare(sides.old.root, sides.new.root, root)
}

function compareNodes(left: SchemaNode, right: SchemaNode, place: Place, sides: Sides, compare: Compare): Change[] {
  const [a, b] = [withoutNull(left, sides.old), withoutNull(right, sides.new)]
  if (a.node === left && b.node === right) return compareForms(left, right, place, sides, compare)
  return [...compareNull(a.nullable, b.nullable, place), ...compare(a.node, b.node, place)]
}

function compareNull(a: boolean | undefined, b: boolean | undefined, place: Place): Change[] {
  if (a === b || a === undefined || b === undefined) return []
  if (b) return [change(pathText(place), `${subject(place)} may be null`, ['new-accepted'])]
  const what = `${subject(place)} may no longer be null`
  return [change(pathText(place), what, ['old-rejected'], 'old payloads with null are rejected')]
}

interface Bared {
  readonly node: SchemaNode
  /** Whether null may stand beside the node; undefined where the node itself says so. */
  readonly nullable: boolean | undefined
}

function withoutNull(node: SchemaNode, profile: Profile): Bared {
  if (node.kind === 'nullable') return { node: resolve(node.inner, profile), nullable: true }
  if (node.kind === 'any') return { node, nullable: undefined }
  if (node.kind !== 'scalar' || !node.types.includes('null')) return { node, nullable: false }
  if (node.types.length === 1) return { node, nullable: undefined }
  return { node: { ...node, types: node.types.filter((type) => type !== 'null') }, nullable: true }
}

function compareForms(a: SchemaNode, b: SchemaNode, place: Place, sides: Sides, compare: Compare): Change[] {
  if (a.kind === 'object' && b.kind === 'object') return compareObjects(a, b, place, sides, compare)
  if (a.kind === 'array' && b.kind === 'array') return compareArrays(a, b, place, compare)
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareScalars(a, b, place)
  if (a.kind === 'values' && b.kind === 'values') return compareValues(a, b, place)
  if (a.kind === 'discriminated' && b.kind === 'discriminated') return compareBranches(a, b, place, compare)
  if (a.kind === 'union' || b.kind === 'union') return compareUnions(a, b, place, sides, compare)
  return [formChange(a, b, place, sides)]
}

function formChange(a: SchemaNode, b: SchemaNode, place: Place, sides: Sides): Change {
  const affects: Affected[] = [...widened(a, b)]
  if (normalizes(a, sides.old) || normalizes(b, sides.new)) affects.push('digests')
  return change(pathText(place), `${subject(place)} was ${describe(a)}, is ${describe(b)}`, affects)
}

/** Who notices when a place takes another form. */
function widened(a: SchemaNode, b: SchemaNode): readonly Affected[] {
  if (a.kind === 'any') return ['old-rejected']
  if (b.kind === 'any') return ['new-accepted']
  // A list of values against their own bare type: one is within the other.
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

function compareArrays(a: ArrayNode, b: ArrayNode, place: Place, compare: Compare): Change[] {
  const found: Change[] = []
  for (let i = 0; i < Math.max(a.prefix.length, b.prefix.length); i++) {
    const [left, right] = [a.prefix[i] ?? a.items, b.prefix[i] ?? b.items]
    found.push(...compareRest(left, right, at.item(place, i), 'items', compare))
  }
  found.push(...compareRest(a.items, b.items, at.items(place), 'items', compare))
  found.push(...bound(place, 'items, at least', a.minItems, b.minItems, 'least'))
  found.push(...bound(place, 'items, at most', a.maxItems, b.maxItems, 'most'))
  return found
}

function compareBranches(a: DiscriminatedNode, b: DiscriminatedNode, place: Place, compare: Compare): Change[] {
  if (a.key !== b.key) {
    const text = `${subject(place)} is told apart by ${JSON.stringify(b.key)}, was by ${JSON.stringify(a.key)}`
    return [change(pathText(place), text, ['old-rejected', 'new-accepted'])]
  }
  const found: Change[] = []
  const key = `\`${at.member(place, a.key).path}\``
  for (const { values, node } of a.branches) {
    for (const value of values) {
      const branch = b.branches.find((other) => other.values.includes(value))
      if (branch === undefined)
        found.push(
          change(
            pathText(place),
            `branch ${JSON.stringify(value)} of ${key} removed`,
            ['old-rejected'],
            'old payloads with it are rejected',
          ),
        )
      else found.push(...compare(node, branch.node, at.branch(place, value)))
    }
  }
  const known = new Set(a.branches.flatMap(({ values }) => values))
  for (const value of b.branches.flatMap(({ values }) => values)) {
    if (!known.has(value))
      found.push(change(pathText(place), `branch ${JSON.stringify(value)} of ${key} added`, ['new-accepted']))
  }
  return found
}

/** Alternatives that both have are no change; a single pair that is left over is compared, others come and go. */
function compareUnions(a: SchemaNode, b: SchemaNode, place: Place, sides: Sides, compare: Compare): Change[] {
  const [before, after] = [optionsOf(a), optionsOf(b)]
  const gone = before.filter((option) => !after.some((other) => same(option, other, sides)))
  const come = after.filter((option) => !before.some((other) => same(other, option, sides)))
  const [left, right] = [gone[0], come[0]]
  if (gone.length === 1 && come.length === 1 && left !== undefined && right !== undefined) {
    const sameForm = resolve(left, sides.old).kind === resolve(right, sides.new).kind
    if (sameForm && a.kind === b.kind) return compare(left, right, place)
  }
  if (gone.length === before.length && before.length > 0 && a.kind !== b.kind) return [formChange(a, b, place, sides)]
  return [
    ...gone.map((option) =>
      change(pathText(place), `${subject(place)} no longer takes ${describe(resolve(option, sides.old))}`, [
        'old-rejected',
        ...(normalizes(option, sides.old) ? (['digests'] as const) : []),
      ]),
    ),
    ...come.map((option) =>
      change(pathText(place), `${subject(place)} also takes ${describe(resolve(option, sides.new))}`, ['new-accepted']),
    ),
  ]
}

function optionsOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.kind === 'union') return (node satisfies UnionNode).branches
  if (node.kind === 'scalar' && node.types.length > 1)
    return node.types.map((type) => ({ kind: 'scalar', types: [type] }) as const)
  return [node]
}

/** What a contract says around its schema. */
function compareFrames({ old, new: next }: Sides): Change[] {
  const say = (what: string, affects: readonly Affected[]): Change => change('(contract)', what, affects)
  const found: Change[] = []
  if (old.name !== next.name) found.push(say(`the name "${old.name}" became "${next.name}"`, []))
  if (old.numbers !== next.numbers)
    found.push(
      next.numbers === 'double'
        ? say('integers beyond 2^53 - 1 are rounded, no longer refused', ['new-accepted'])
        : say('integers beyond 2^53 - 1 are refused, no longer rounded', ['old-rejected']),
    )
  for (const [name, unit] of [
    ['maxBytes', 'bytes in a payload'],
    ['maxDepth', 'levels of nesting'],
    ['maxKeys', 'keys in an object'],
  ] as const) {
    const [a, b] = [old.limits[name], next.limits[name]]
    if (a !== b)
      found.push(
        say(
          `limit \`${name}\` ${b < a ? 'lowered' : 'raised'} from ${a} to ${b} ${unit}`,
          b < a ? ['old-rejected'] : ['new-accepted'],
        ),
      )
  }
  if (old.digest !== next.digest) found.push(say(`the digest was ${old.digest}, is ${next.digest}`, ['digests']))
  const [a, b] = [codecText(old.compress), codecText(next.compress)]
  if (a !== b) found.push(say(`compression was ${a}, is ${b}`, ['bodies']))
  const [from, to] = [dictionaryText(old), dictionaryText(next)]
  if (from !== to) found.push(say(`the dictionary was ${from}, is ${to}`, ['bodies']))
  return found
}

const codecText = ({ codec, level }: Profile['compress']): string =>
  level === undefined ? codec : `${codec}, level ${level}`

const dictionaryText = ({ dictionary }: Profile): string =>
  dictionary === undefined ? 'none' : `${dictionary.id} (SHA-256 ${dictionary.sha256.slice(0, 12)}…)`
