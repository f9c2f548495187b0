// Objects and records: fields that were added, removed or renamed, or changed their optionality.

import type { ObjectNode, Property, SchemaNode } from '../../model/index.ts'
import { pathTo } from '../paths.ts'
import { change, fieldChange, subject, type Affected, type Change } from './change.ts'
import { isEquivalent, normalizes, type Sides } from './equivalence.ts'

/** Both contracts, and the walk over their schemas. */
export interface Comparison extends Sides {
  /** The differences between two nodes at one path. */
  readonly compare: (a: SchemaNode, b: SchemaNode, path: string) => Change[]
}

const oldRejected = 'old payloads are rejected'
const withRejected = 'old payloads with it are rejected'
const withoutRejected = 'old payloads without it are rejected'

export function compareObjects(a: ObjectNode, b: ObjectNode, path: string, comparison: Comparison): Change[] {
  const names = new Set(a.properties.map(({ name }) => name))
  const later = new Map(b.properties.map((property) => [property.name, property]))
  const removed = a.properties.filter(({ name }) => !later.has(name))
  const added = b.properties.filter(({ name }) => !names.has(name))
  const renames = findRenames(removed, added, comparison)
  const taken = new Set(renames.flat())
  return [
    ...renames.map(([from, to]) => renamedField(from, to, b, path)),
    ...removed
      .filter((property) => !taken.has(property))
      .map((property) => removedField(property, b, path, comparison)),
    ...added.filter((property) => !taken.has(property)).map((property) => addedField(property, a, path, comparison)),
    ...a.properties.flatMap((property) => {
      const other = later.get(property.name)
      return other === undefined ? [] : keptField(property, other, pathTo.property(path, property.name), comparison)
    }),
    ...comparePropertyNames(a, b, path, comparison),
    ...compareRest(a.additional, b.additional, pathTo.values(path), 'members', comparison),
  ]
}

/** Pairs of a removed and an added field with the same schema, the most similar names first. */
function findRenames(removed: readonly Property[], added: readonly Property[], sides: Sides): [Property, Property][] {
  const pairs = removed
    .flatMap((from) => added.map((to) => ({ from, to })))
    .filter(({ from, to }) => isEquivalent(from.node, to.node, sides))
    .map((pair) => ({
      ...pair,
      similarity: similarity(pair.from.name, pair.to.name) + Number(pair.from.required === pair.to.required),
    }))
    .toSorted((x, y) => y.similarity - x.similarity)
  const taken = new Set<Property>()
  const found: [Property, Property][] = []
  for (const { from, to } of pairs) {
    if (taken.has(from) || taken.has(to)) continue
    taken.add(from).add(to)
    found.push([from, to])
  }
  return found
}

/** Share of the letter pairs that two names have in common, 0 to 1. */
function similarity(a: string, b: string): number {
  const pairs = (name: string): string[] =>
    Array.from({ length: name.length - 1 }, (_, i) => name.toLowerCase().slice(i, i + 2))
  const [left, right] = [pairs(a), new Set(pairs(b))]
  return left.length === 0 ? 0 : left.filter((pair) => right.has(pair)).length / Math.max(left.length, right.size)
}

function renamedField(from: Property, to: Property, b: ObjectNode, path: string): Change {
  const field = pathTo.property(path, from.name)
  const what = `renamed to \`${to.name}\``
  return to.required || b.additional === false
    ? fieldChange(field, what, ['old-rejected', 'new-accepted'], oldRejected)
    : fieldChange(field, what, ['new-accepted'], 'old payloads pass without it')
}

function removedField({ name, required, node }: Property, b: ObjectNode, path: string, sides: Sides): Change {
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} removed`
  const affects: Affected[] = required ? ['new-accepted'] : []
  if (b.additional === false)
    return change(field, what, [...affects, 'old-rejected'], required ? oldRejected : withRejected)
  // The schema of undeclared members applies to it now.
  affects.push('new-accepted')
  if (b.additional.kind !== 'any') affects.push('old-rejected')
  if (normalizes(node, sides.old)) affects.push('digests')
  return change(field, what, affects)
}

function addedField({ name, required, node }: Property, a: ObjectNode, path: string, sides: Sides): Change {
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} added`
  if (a.additional === false)
    return required
      ? change(field, what, ['old-rejected', 'new-accepted'], oldRejected)
      : change(field, what, ['new-accepted'])
  if (required) return change(field, what, ['old-rejected'], withoutRejected)
  const affects: Affected[] = node.kind === 'any' ? [] : ['old-rejected']
  if (a.additional.kind !== 'any') affects.push('new-accepted')
  if (normalizes(node, sides.new)) affects.push('digests')
  return change(field, what, affects)
}

function keptField(a: Property, b: Property, field: string, { compare }: Comparison): Change[] {
  const found = compare(a.node, b.node, field)
  if (b.required && !a.required) found.unshift(fieldChange(field, 'is required', ['old-rejected'], withoutRejected))
  if (a.required && !b.required) found.unshift(fieldChange(field, 'is optional', ['new-accepted']))
  return found
}

/** The schema of a record's keys. */
function comparePropertyNames(a: ObjectNode, b: ObjectNode, path: string, { compare }: Comparison): Change[] {
  const keys = pathTo.keys(path)
  if (a.names !== undefined && b.names !== undefined) return compare(a.names, b.names, keys)
  if (a.names === b.names) return []
  return b.names === undefined
    ? [change(keys, `the keys of \`${path}\` are free`, ['new-accepted'])]
    : [change(keys, `the keys of \`${path}\` are checked`, ['old-rejected'])]
}

/** The schemas of items behind a prefix, or of undeclared members. `false`: none are allowed. */
export function compareRest(
  a: SchemaNode | false,
  b: SchemaNode | false,
  path: string,
  what: 'items' | 'members',
  { compare }: Comparison,
): Change[] {
  if (a !== false && b !== false) return compare(a, b, path)
  if (a === b) return []
  return a === false
    ? [change(path, `further ${what} at \`${path}\` are allowed`, ['new-accepted'])]
    : [change(path, `further ${what} at \`${path}\` are rejected`, ['old-rejected'])]
}
