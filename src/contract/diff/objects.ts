// Objects and records: fields that came, went, took another name, or became required.

import type { ObjectNode, Property } from '../../model/index.ts'
import { change, oldRejected, type Affected, type Change } from './change.ts'
import { at, pathText, subject, type Place } from './path.ts'
import { compareRest, type Compare } from './rest-schemas.ts'
import { normalizes, same, type Sides } from './same.ts'

export function compareObjects(a: ObjectNode, b: ObjectNode, place: Place, sides: Sides, compare: Compare): Change[] {
  const names = new Set(a.properties.map(({ name }) => name))
  const later = new Map(b.properties.map((property) => [property.name, property]))
  const gone = a.properties.filter(({ name }) => !later.has(name))
  const come = b.properties.filter(({ name }) => !names.has(name))
  const renames = findRenames(gone, come, sides)
  const taken = new Set(renames.flat())
  return [
    ...renames.map(([from, to]) => renamed(from, to, b, place)),
    ...gone.filter((property) => !taken.has(property)).map((property) => removed(property, b, place, sides)),
    ...come.filter((property) => !taken.has(property)).map((property) => added(property, a, place, sides)),
    ...a.properties.flatMap((property) => {
      const other = later.get(property.name)
      return other === undefined ? [] : kept(property, other, at.member(place, property.name), compare)
    }),
    ...compareKeys(a, b, place, compare),
    ...compareRest(a.additional, b.additional, at.others(place), 'members', compare),
  ]
}

/** A field that went and one that came with the same schema; of several, those with the most similar names. */
function findRenames(gone: readonly Property[], come: readonly Property[], sides: Sides): [Property, Property][] {
  const pairs = gone
    .flatMap((from) => come.map((to) => ({ from, to })))
    .filter(({ from, to }) => same(from.node, to.node, sides))
    .map((pair) => ({
      ...pair,
      likeness: likeness(pair.from.name, pair.to.name) + Number(pair.from.required === pair.to.required),
    }))
    .toSorted((x, y) => y.likeness - x.likeness)
  const taken = new Set<Property>()
  const found: [Property, Property][] = []
  for (const { from, to } of pairs) {
    if (taken.has(from) || taken.has(to)) continue
    taken.add(from).add(to)
    found.push([from, to])
  }
  return found
}

/** 0 to 1: the part of the letter pairs that two names share. */
function likeness(a: string, b: string): number {
  const pairs = (name: string): string[] =>
    Array.from({ length: name.length - 1 }, (_, i) => name.toLowerCase().slice(i, i + 2))
  const [left, right] = [pairs(a), new Set(pairs(b))]
  return left.length === 0 ? 0 : left.filter((pair) => right.has(pair)).length / Math.max(left.length, right.size)
}

function renamed(from: Property, to: Property, b: ObjectNode, place: Place): Change {
  const field = at.member(place, from.name)
  const what = `${subject(field)} renamed to \`${to.name}\``
  if (to.required || b.additional === false)
    return change(pathText(field), what, ['old-rejected', 'new-accepted'], oldRejected)
  return change(pathText(field), what, ['new-accepted'], 'old payloads pass without it')
}

function removed(property: Property, b: ObjectNode, place: Place, sides: Sides): Change {
  const field = at.member(place, property.name)
  const what = `${property.required ? 'required' : 'optional'} ${subject(field)} removed`
  const affects: Affected[] = property.required ? ['new-accepted'] : []
  if (b.additional === false)
    return change(
      pathText(field),
      what,
      [...affects, 'old-rejected'],
      property.required ? oldRejected : 'old payloads with it are rejected',
    )
  // It stands under the rule for other members now.
  if (b.additional.kind === 'any') affects.push('new-accepted')
  else affects.push('old-rejected', 'new-accepted')
  if (normalizes(property.node, sides.old)) affects.push('digests')
  return change(pathText(field), what, affects)
}

function added(property: Property, a: ObjectNode, place: Place, sides: Sides): Change {
  const field = at.member(place, property.name)
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

function kept(a: Property, b: Property, field: Place, compare: Compare): Change[] {
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

/** What the keys of a record must look like. */
function compareKeys(a: ObjectNode, b: ObjectNode, place: Place, compare: Compare): Change[] {
  const keys = at.keys(place)
  if (a.names !== undefined && b.names !== undefined) return compare(a.names, b.names, keys)
  if (a.names === b.names) return []
  return b.names === undefined
    ? [change(pathText(keys), `the keys of \`${pathText(place)}\` are free`, ['new-accepted'])]
    : [change(pathText(keys), `the keys of \`${pathText(place)}\` are checked`, ['old-rejected'])]
}
