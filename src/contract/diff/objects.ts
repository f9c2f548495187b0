// Objects and records: fields that were added, removed or renamed, or changed their optionality.

import { canonicalText, type JsonValue } from '../../json/index.ts'
import { isSchema, type ObjectNode, type Profile, type Property, type SchemaNode } from '../../model/index.ts'
import { pathTo } from '../paths.ts'
import { change, fieldChange, subject, type Affected, type Change } from './change.ts'
import { edits, isEquivalent, resolve, type Sides } from './equivalence.ts'

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
    ...renames.map((pair) => renamedField(pair, a, b, path, comparison)),
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

function renamedField(
  [from, to]: readonly [Property, Property],
  a: ObjectNode,
  b: ObjectNode,
  path: string,
  sides: Sides,
): Change {
  const affects = [...effectsOfRemoval(from, b, sides), ...effectsOfAddition(to, a, sides)]
  const required = to.required || (b.additional === false && from.required)
  const effect = required ? oldRejected : b.additional === false ? withRejected : undefined
  return fieldChange(pathTo.property(path, from.name), `renamed to \`${to.name}\``, affects, effect)
}

function removedField(property: Property, b: ObjectNode, path: string, sides: Sides): Change {
  const { name, required } = property
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} removed`
  const effect = b.additional === false ? (required ? oldRejected : withRejected) : undefined
  return change(field, what, effectsOfRemoval(property, b, sides), effect)
}

function addedField(property: Property, a: ObjectNode, path: string, sides: Sides): Change {
  const { name, required } = property
  const field = pathTo.property(path, name)
  const what = `${required ? 'required' : 'optional'} ${subject(field)} added`
  const effect = required ? (a.additional === false ? oldRejected : withoutRejected) : undefined
  return change(field, what, effectsOfAddition(property, a, sides), effect)
}

/** The schema of undeclared members applies to the field now. */
const effectsOfRemoval = (field: Property, { additional }: ObjectNode, sides: Sides): Affected[] => [
  ...effectsOnMember(field.node, additional, sides),
  ...(field.required ? (['new-accepted'] as const) : []),
  ...(field.default === undefined ? [] : (['digests'] as const)),
]

/** The schema of undeclared members applied to the field before. */
const effectsOfAddition = (field: Property, { additional }: ObjectNode, sides: Sides): Affected[] => [
  ...effectsOnMember(additional, field.node, sides),
  ...(field.required ? (['old-rejected'] as const) : []),
  ...(field.default === undefined ? [] : (['digests'] as const)),
]

/** What changes for payloads that have a member, when another rule applies to it. */
function effectsOnMember(from: ObjectNode['additional'], to: ObjectNode['additional'], sides: Sides): Affected[] {
  if (from === to || (isSchema(from) && isSchema(to) && isEquivalent(from, to, sides))) return []
  const affects: Affected[] = []
  if (from !== false && !acceptsAll(to, sides.new)) affects.push('old-rejected')
  if (to !== false && !acceptsAll(from, sides.old)) affects.push('new-accepted')
  const isEdited = (isSchema(from) && edits(from, sides.old)) || (isSchema(to) && edits(to, sides.new))
  if (from !== false && to !== false && (from === 'strip' || to === 'strip' || isEdited)) affects.push('digests')
  return affects
}

const acceptsAll = (additional: ObjectNode['additional'], profile: Profile): boolean =>
  additional === 'strip' || (isSchema(additional) && resolve(additional, profile).kind === 'any')

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
  const [before, after] = [a, b].map((value) => (value === undefined ? undefined : canonicalText(value)))
  if (before === after) return []
  return [fieldChange(path, `has ${defaultText(after)}, had ${defaultText(before)}`, ['digests'], otherDocument)]
}

/** `text`: the canonical text of the value. */
function defaultText(text: string | undefined): string {
  if (text === undefined) return 'no default'
  return `the default ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`
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
  const affects = effectsOnMember(a, b, comparison)
  const effect = affects.join() === 'digests' ? otherDocument : undefined
  const name = (side: ObjectNode['additional']): string =>
    side === 'strip' ? 'dropped' : side === false ? 'rejected' : 'kept'
  return [change(path, `${what} ${name(b)}, no longer ${name(a)}`, affects, effect)]
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
