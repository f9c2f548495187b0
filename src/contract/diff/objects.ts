// Objects and records: fields that were added, removed or renamed, or changed their optionality.

import { canonicalText, type JsonValue } from '../../json/index.ts'
import { isSchema, type ObjectNode, type Property, type SchemaNode } from '../../model/index.ts'
import { pathTo } from '../paths.ts'
import { change, fieldChange, subject, type Affected, type Change } from './change.ts'
import { edits, isEquivalent, type Sides } from './equivalence.ts'

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
    ...compareAdditional(a.additional, b.additional, pathTo.values(path), comparison),
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
  if (to.required || b.additional === false) {
    return fieldChange(field, what, ['old-rejected', 'new-accepted'], oldRejected)
  }
  const digests = b.additional === 'strip' || from.default !== undefined || to.default !== undefined
  const affects: readonly Affected[] = digests ? ['new-accepted', 'digests'] : ['new-accepted']
  return fieldChange(field, what, affects, 'old payloads pass without it')
}

function removedField(
  { name, required, node, default: missing }: Property,
  b: ObjectNode,
  path: string,
  sides: Sides,
): Change {
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} removed`
  const affects: Affected[] = required ? ['new-accepted'] : []
  if (missing !== undefined) affects.push('digests')
  if (b.additional === false)
    return change(field, what, [...affects, 'old-rejected'], required ? oldRejected : withRejected)
  // The schema of undeclared members applies to it now.
  affects.push('new-accepted')
  if (b.additional !== 'strip' && b.additional.kind !== 'any') affects.push('old-rejected')
  if (b.additional === 'strip' || edits(node, sides.old)) affects.push('digests')
  return change(field, what, affects)
}

function addedField(
  { name, required, node, default: missing }: Property,
  a: ObjectNode,
  path: string,
  sides: Sides,
): Change {
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} added`
  if (a.additional === false)
    return required
      ? change(field, what, ['old-rejected', 'new-accepted'], oldRejected)
      : change(field, what, missing === undefined ? ['new-accepted'] : ['new-accepted', 'digests'])
  const wasStripped = a.additional === 'strip'
  if (required)
    return change(field, what, wasStripped ? ['old-rejected', 'digests'] : ['old-rejected'], withoutRejected)
  const affects: Affected[] = node.kind === 'any' ? [] : ['old-rejected']
  if (a.additional !== 'strip' && a.additional.kind !== 'any') affects.push('new-accepted')
  if (wasStripped || missing !== undefined || edits(node, sides.new)) affects.push('digests')
  return change(field, what, affects)
}

function keptField(a: Property, b: Property, field: string, { compare }: Comparison): Change[] {
  const found = compare(a.node, b.node, field)
  if (b.required && !a.required) found.unshift(fieldChange(field, 'is required', ['old-rejected'], withoutRejected))
  if (a.required && !b.required) found.unshift(fieldChange(field, 'is optional', ['new-accepted']))
  // A member that was required is never missing in an old payload.
  return [...found, ...(a.required ? [] : compareDefaults(a.default, b.default, field))]
}

const otherDocument = 'same verdict, other document'

/** What is inserted where a member or an item is missing. */
export function compareDefaults(a: JsonValue | undefined, b: JsonValue | undefined, path: string): Change[] {
  const [before, after] = [a, b].map((value) =>
    value === undefined ? 'no default' : `the default ${shortText(value)}`,
  )
  return before === after ? [] : [fieldChange(path, `has ${after}, had ${before}`, ['digests'], otherDocument)]
}

function shortText(value: JsonValue): string {
  const text = canonicalText(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
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

/** Undeclared members: refused, dropped, or checked by a schema. */
function compareAdditional(
  a: ObjectNode['additional'],
  b: ObjectNode['additional'],
  path: string,
  comparison: Comparison,
): Change[] {
  if (a === b) return []
  if (a !== 'strip' && b !== 'strip') return compareRest(a, b, path, 'members', comparison)
  const what = `further members at \`${path}\` are`
  if (a === false) return [change(path, `${what} dropped, no longer rejected`, ['new-accepted'])]
  if (b === false) return [change(path, `${what} rejected, no longer dropped`, ['old-rejected'])]
  const checked = isSchema(a) ? a : (b as SchemaNode)
  const [now, effect]: [string, Affected] =
    b === 'strip' ? ['dropped, no longer kept', 'new-accepted'] : ['kept, no longer dropped', 'old-rejected']
  return checked.kind === 'any'
    ? [change(path, `${what} ${now}`, ['digests'], otherDocument)]
    : [change(path, `${what} ${now}`, [effect, 'digests'])]
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
