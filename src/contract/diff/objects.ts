// Objects and records: fields that were added, removed or renamed, or changed their optionality.

import type { ObjectNode, Property } from '../../model/index.ts'
import { change, oldRejected, type Affected, type Change } from './change.ts'
import { at, pathText, subject, type PayloadPath } from './path.ts'
import { compareRest, type Compare } from './rest-schemas.ts'
import { isEquivalent, normalizes, type Sides } from './equivalence.ts'

export function compareObjects(
  a: ObjectNode,
  b: ObjectNode,
  path: PayloadPath,
  sides: Sides,
  compare: Compare,
): Change[] {
  const names = new Set(a.properties.map(({ name }) => name))
  const later = new Map(b.properties.map((property) => [property.name, property]))
  const removed = a.properties.filter(({ name }) => !later.has(name))
  const added = b.properties.filter(({ name }) => !names.has(name))
  const renames = findRenames(removed, added, sides)
  const taken = new Set(renames.flat())
  return [
    ...renames.map(([from, to]) => renamedField(from, to, b, path)),
    ...removed.filter((property) => !taken.has(property)).map((property) => removedField(property, b, path, sides)),
    ...added.filter((property) => !taken.has(property)).map((property) => addedField(property, a, path, sides)),
    ...a.properties.flatMap((property) => {
      const other = later.get(property.name)
      return other === undefined ? [] : keptField(property, other, at.member(path, property.name), compare)
    }),
    ...compareKeys(a, b, path, compare),
    ...compareRest(a.additional, b.additional, at.others(path), 'members', compare),
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

function renamedField(from: Property, to: Property, b: ObjectNode, path: PayloadPath): Change {
  const field = at.member(path, from.name)
  const what = `${subject(field)} renamed to \`${to.name}\``
  if (to.required || b.additional === false)
    return change(pathText(field), what, ['old-rejected', 'new-accepted'], oldRejected)
  return change(pathText(field), what, ['new-accepted'], 'old payloads pass without it')
}

function removedField(property: Property, b: ObjectNode, path: PayloadPath, sides: Sides): Change {
  const field = at.member(path, property.name)
  const what = `${property.required ? 'required' : 'optional'} ${subject(field)} removed`
  const affects: Affected[] = property.required ? ['new-accepted'] : []
  if (b.additional === false)
    return change(
      pathText(field),
      what,
      [...affects, 'old-rejected'],
      property.required ? oldRejected : 'old payloads with it are rejected',
    )
  // The schema of undeclared members applies to it now.
  if (b.additional.kind === 'any') affects.push('new-accepted')
  else affects.push('old-rejected', 'new-accepted')
  if (normalizes(property.node, sides.old)) affects.push('digests')
  return change(pathText(field), what, affects)
}

function addedField(property: Property, a: ObjectNode, path: PayloadPath, sides: Sides): Change {
  const field = at.member(path, property.name)
  const what = `${property.required ? 'required' : 'optional'} ${subject(field)} added`
  if (property.required)
    return change(
      pathText(field),
      what,
      a.additional === false ? ['old-rejected', 'new-accepted'] : ['old-rejected'],
      a.additional === false ? oldRejected : 'old payloads without it are rejected',
    )
  if (a.additional === false) return change(pathText(field), what, ['new-accepted'])
  const affects: Affected[] = property.node.kind === 'any' ? [] : ['old-rejected']
  if (a.additional.kind !== 'any') affects.push('new-accepted')
  if (normalizes(property.node, sides.new)) affects.push('digests')
  return change(pathText(field), what, affects)
}

function keptField(a: Property, b: Property, field: PayloadPath, compare: Compare): Change[] {
  const presence =
    a.required === b.required
      ? []
      : b.required
        ? [
            change(
              pathText(field),
              `${subject(field)} is required`,
              ['old-rejected'],
              'old payloads without it are rejected',
            ),
          ]
        : [change(pathText(field), `${subject(field)} is optional`, ['new-accepted'])]
  return [...presence, ...compare(a.node, b.node, field)]
}

/** The schema of a record's keys. */
function compareKeys(a: ObjectNode, b: ObjectNode, path: PayloadPath, compare: Compare): Change[] {
  const keys = at.keys(path)
  if (a.names !== undefined && b.names !== undefined) return compare(a.names, b.names, keys)
  if (a.names === b.names) return []
  return b.names === undefined
    ? [change(pathText(keys), `the keys of \`${pathText(path)}\` are free`, ['new-accepted'])]
    : [change(pathText(keys), `the keys of \`${pathText(path)}\` are checked`, ['old-rejected'])]
}
