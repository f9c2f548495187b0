// The shape of a group of values: which types they have, and for objects whether they have a discriminator, are maps, or
// have members. A shape depends on the values and not on their order.

import { compareKeys, type JsonObject, type JsonArray, type JsonValue } from '../json/index.ts'
import { isRecord } from './records.ts'
import { numberFacts, stringFacts, type NumberFacts, type StringFacts } from './scalar-facts.ts'
import { findDiscriminator } from './discriminators.ts'

export interface ValueShape {
  /** With null. */
  readonly count: number
  readonly nulls: number
  readonly booleans: number
  readonly numbers: NumberFacts | undefined
  readonly strings: StringFacts | undefined
  readonly arrays: ArrayShape | undefined
  readonly objects: ObjectShape | undefined
}

export interface ArrayShape {
  readonly count: number
  readonly fewest: number
  readonly most: number
  readonly items: ValueShape
}

export type ObjectShape = PlainShape | RecordShape | SharedReference

/** A shape that may be shared. */
export type PlainShape = MembersShape | DiscriminatedShape

export interface MembersShape {
  readonly kind: 'members'
  readonly objects: readonly JsonObject[]
  /** In canonical order. The count of a member is the number of objects that have it. */
  readonly members: ReadonlyMap<string, ValueShape>
}

/** Objects of which a text member, the discriminator, decides the members. */
export interface DiscriminatedShape {
  readonly kind: 'discriminated'
  readonly objects: readonly JsonObject[]
  readonly discriminator: string
  /** By the value of the discriminator, in canonical order. */
  readonly branches: ReadonlyMap<string, MembersShape>
}

/** Objects whose keys are data. */
export interface RecordShape {
  readonly kind: 'record'
  readonly objects: readonly JsonObject[]
  readonly keys: StringFacts
  readonly values: ValueShape
}

export interface SharedReference {
  readonly kind: 'shared'
  readonly objects: readonly JsonObject[]
  readonly shared: SharedShape
}

/** One shape of objects at several places, or within itself. */
export interface SharedShape {
  /** What most of its places are called, as a name for a constant. */
  readonly word: string
  readonly shape: PlainShape
}

/** The shared shape of a group of objects, if they have one. */
export type FindShared = (objects: readonly JsonObject[]) => SharedShape | undefined

export const nothingShared: FindShared = () => undefined

export function shapeOf(values: readonly JsonValue[], shared: FindShared): ValueShape {
  let [nulls, booleans] = [0, 0]
  const strings: string[] = []
  const numbers: (number | bigint)[] = []
  const arrays: JsonArray[] = []
  const objects: JsonObject[] = []
  for (const value of values) {
    if (value === null) nulls++
    else if (typeof value === 'boolean') booleans++
    else if (typeof value === 'string') strings.push(value)
    else if (typeof value === 'number' || typeof value === 'bigint') numbers.push(value)
    else if (Array.isArray(value)) arrays.push(value)
    else objects.push(value)
  }
  return {
    count: values.length,
    nulls,
    booleans,
    numbers: numbers.length === 0 ? undefined : numberFacts(numbers),
    strings: strings.length === 0 ? undefined : stringFacts(strings),
    arrays: arrays.length === 0 ? undefined : arrayShape(arrays, shared),
    objects: objects.length === 0 ? undefined : objectShape(objects, shared),
  }
}

function arrayShape(arrays: readonly JsonArray[], shared: FindShared): ArrayShape {
  let [fewest, most] = [Infinity, 0]
  for (const { length } of arrays) {
    fewest = Math.min(fewest, length)
    most = Math.max(most, length)
  }
  return { count: arrays.length, fewest, most, items: shapeOf(arrays.flat(1), shared) }
}

function objectShape(objects: readonly JsonObject[], shared: FindShared): ObjectShape {
  const found = shared(objects)
  if (found !== undefined) return { kind: 'shared', objects, shared: found }
  return isRecord(objects) ? recordShape(objects, shared) : plainShape(objects, shared)
}

function recordShape(objects: readonly JsonObject[], shared: FindShared): RecordShape {
  const members = objects.flatMap((object) => object.members)
  const keys = stringFacts(members.map(({ key }) => key))
  const values = members.map(({ value }) => value)
  return { kind: 'record', objects, keys, values: shapeOf(values, shared) }
}

export function plainShape(objects: readonly JsonObject[], shared: FindShared): PlainShape {
  const discriminator = findDiscriminator(objects)
  if (discriminator === undefined) return membersShape(objects, shared)
  const groups = new Map<string, JsonObject[]>()
  for (const object of objects) {
    // findDiscriminator() returns a member that every object has, as a string.
    const value = object.get(discriminator) as string
    const group = groups.get(value)
    if (group === undefined) groups.set(value, [object])
    else group.push(object)
  }
  const branches = [...groups]
    .toSorted(([a], [b]) => compareKeys(a, b))
    .map(([value, group]) => [value, membersShape(group, shared)] as const)
  return { kind: 'discriminated', objects, discriminator, branches: new Map(branches) }
}

function membersShape(objects: readonly JsonObject[], shared: FindShared): MembersShape {
  const valuesOf = new Map<string, JsonValue[]>()
  for (const { members } of objects) {
    for (const { key, value } of members) {
      const values = valuesOf.get(key)
      if (values === undefined) valuesOf.set(key, [value])
      else values.push(value)
    }
  }
  const members = [...valuesOf]
    .toSorted(([a], [b]) => compareKeys(a, b))
    .map(([key, values]) => [key, shapeOf(values, shared)] as const)
  return { kind: 'members', objects, members: new Map(members) }
}

/** The distinct numbers of objects at the places of a shape, ascending. */
export function objectCounts(root: ValueShape): number[] {
  const counts = new Set<number>()
  const entered = new Set<SharedShape>()
  const visit = ({ arrays, objects }: ValueShape): void => {
    if (arrays !== undefined) visit(arrays.items)
    if (objects !== undefined) visitObjects(objects)
  }
  const visitObjects = (shape: ObjectShape): void => {
    if (shape.kind === 'shared') {
      if (entered.has(shape.shared)) return
      entered.add(shape.shared)
      visitObjects(shape.shared.shape)
      return
    }
    counts.add(shape.objects.length)
    if (shape.kind === 'record') visit(shape.values)
    else
      for (const { members } of shape.kind === 'members' ? [shape] : shape.branches.values())
        for (const member of members.values()) visit(member)
  }
  visit(root)
  return [...counts].toSorted((a, b) => a - b)
}
