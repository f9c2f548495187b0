// Finds objects of one shape at several places, and objects that hold objects of their own shape. Their samples are taken
// together, so that each place learns from the others.

import { compareKeys, type JsonObject, type JsonValue } from '../json/index.ts'
import { kindBits, kindsAgree, presences, similarity, type KeySet } from './presence.ts'
import {
  nothingShared,
  plainShape,
  shapeOf,
  type FindShared,
  type ObjectShape,
  type PlainShape,
  type SharedShape,
  type ValueShape,
} from './shape.ts'

/** The shape of the samples, with the shared shapes in it. */
export function sharedShapeOf(values: readonly JsonValue[]): ValueShape {
  const first = shapeOf(values, nothingShared)
  const shared = sharedOf(placesOf(first))
  if (shared.length === 0) return first
  const owners = new Map<JsonObject, Shared>()
  for (const one of shared) for (const object of one.objects) owners.set(object, one)
  for (let round = 0; round < maxRounds; round++) {
    const adopted = new Map<JsonObject, Shared>()
    const find: FindShared = (objects) => ownerOf(objects, owners, adopted)
    for (const one of shared) one.shape = plainShape(one.objects, find)
    const root = shapeOf(values, find)
    if (adopted.size === 0 || round === maxRounds - 1) return root
    for (const [object, one] of adopted) {
      owners.set(object, one)
      one.objects.push(object)
    }
  }
  return first
}

const maxRounds = 4

/** The shared shape that these objects have. Objects without one are adopted when most of their neighbours have it. */
function ownerOf(
  objects: readonly JsonObject[],
  owners: ReadonlyMap<JsonObject, Shared>,
  adopted: Map<JsonObject, Shared>,
): Shared | undefined {
  let found: Shared | undefined
  let owned = 0
  for (const object of objects) {
    const owner = owners.get(object)
    if (owner === undefined) continue
    if (found !== undefined && owner !== found) return undefined
    found = owner
    owned++
  }
  if (found === undefined || owned * 2 < objects.length) return undefined
  const { discriminator } = found
  if (discriminator !== undefined && objects.some((object) => typeof object.get(discriminator) !== 'string'))
    return undefined
  if (owned < objects.length) for (const object of objects) if (!owners.has(object)) adopted.set(object, found)
  return found
}

class Shared implements SharedShape {
  readonly word: string
  readonly discriminator: string | undefined
  readonly objects: JsonObject[]
  #shape: PlainShape | undefined

  constructor(word: string, discriminator: string | undefined, objects: JsonObject[]) {
    this.word = word
    this.discriminator = discriminator
    this.objects = objects
  }

  get shape(): PlainShape {
    return (this.#shape ??= plainShape(this.objects, nothingShared))
  }

  set shape(shape: PlainShape) {
    this.#shape = shape
  }
}

/** Objects at one place of the samples. */
interface Place extends KeySet {
  /** The key of the nearest member; '' at the root. */
  readonly label: string
  /** The objects are items of an array, or values of a map. */
  readonly several: boolean
  readonly path: string
  readonly parent: Place | undefined
  readonly discriminator: string | undefined
  readonly list: readonly JsonObject[]
}

function placesOf(root: ValueShape): Place[] {
  const places: Place[] = []
  const visitValue = (shape: ValueShape, label: string, path: string, parent: Place | undefined): void => {
    if (shape.arrays !== undefined) visitValue(shape.arrays.items, label, `${path}/[]`, parent)
    if (shape.objects !== undefined) visitObjects(shape.objects, label, path, parent)
  }
  const visitObjects = (shape: ObjectShape, label: string, path: string, parent: Place | undefined): void => {
    if (shape.kind === 'record') visitValue(shape.values, label, `${path}/{}`, parent)
    if (shape.kind === 'record' || shape.kind === 'shared') return
    const { objects: list } = shape
    const several = /\/(?:\[\]|\{\})$/.test(path)
    const discriminator = shape.kind === 'discriminated' ? shape.discriminator : undefined
    const place = { label, several, path, parent, discriminator, list, objects: list.length, keys: presences(list) }
    places.push(place)
    const variants = shape.kind === 'members' ? [['', shape] as const] : shape.branches
    for (const [value, { members }] of variants)
      for (const [key, member] of members) visitValue(member, key, `${path}/${value}/${key}`, place)
  }
  visitValue(root, '', '', undefined)
  return places
}

/** Smaller shapes are not worth a name. */
const minKeys = 3
const minLikeness = 0.75

function sharedOf(places: readonly Place[]): Shared[] {
  // The places with most samples first: they know best what their shape is.
  const ordered = places.toSorted((a, b) => b.objects - a.objects || compareKeys(a.path, b.path))
  const groups = new Groups(ordered)
  const heads: Place[] = []
  for (const place of ordered) {
    if (place.keys.size < minKeys) continue
    const head = heads.find((other) => keepDiscriminators(other, place) && similarity(other, place) >= minLikeness)
    if (head === undefined) heads.push(place)
    else groups.join(head, place)
  }
  for (const place of ordered) {
    const ancestor = ancestorOfOneShape(place)
    if (ancestor !== undefined) groups.join(ancestor, place)
  }
  return groups
    .all()
    .filter((group) => group.length > 1)
    .map(
      (group) =>
        new Shared(
          wordOf(group),
          discriminatorOf(group),
          group.flatMap(({ list }) => list),
        ),
    )
}

/** The ancestor that these objects are like, if the samples nest by the same key at least twice. */
function ancestorOfOneShape(place: Place): Place | undefined {
  for (let ancestor = place.parent; ancestor !== undefined; ancestor = ancestor.parent) {
    const nests = place.keys.has(place.label) || ancestor.label === place.label
    if (nests && ancestor.keys.has(place.label) && keepDiscriminators(ancestor, place) && isPartOf(place, ancestor))
      return ancestor
  }
  return undefined
}

/** True if the discriminator of each place is in all objects of the other, so that it still tells them apart. */
const keepDiscriminators = (a: Place, b: Place): boolean =>
  hasDiscriminator(a, b.discriminator) && hasDiscriminator(b, a.discriminator)

function hasDiscriminator({ keys, objects, discriminator }: Place, other: string | undefined): boolean {
  if (other === undefined || other === discriminator) return true
  const presence = keys.get(other)
  return discriminator === undefined && presence?.count === objects && presence.kinds === kindBits.string
}

/** True if most keys of `part` are in `whole` with the same types, and one of them holds no objects. */
function isPartOf(part: Place, whole: Place): boolean {
  let [common, plain] = [0, 0]
  for (const [key, inPart] of part.keys) {
    const inWhole = whole.keys.get(key)
    if (inWhole === undefined || !kindsAgree(inPart, inWhole)) continue
    common++
    if (inPart.kinds > 0 && inPart.kinds < kindBits.array) plain++
  }
  return plain > 0 && common >= 0.8 * part.keys.size
}

/** Disjoint groups of places. */
class Groups {
  readonly #places: readonly Place[]
  readonly #parents = new Map<Place, Place>()

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  join(a: Place, b: Place): void {
    const [first, second] = [this.#top(a), this.#top(b)]
    if (first !== second) this.#parents.set(second, first)
  }

  all(): Place[][] {
    const groups = new Map<Place, Place[]>()
    for (const place of this.#places) {
      const top = this.#top(place)
      const group = groups.get(top)
      if (group === undefined) groups.set(top, [place])
      else group.push(place)
    }
    return [...groups.values()]
  }

  #top(place: Place): Place {
    let top = place
    for (let next = this.#parents.get(top); next !== undefined; next = this.#parents.get(top)) top = next
    return top
  }
}

const discriminatorOf = (group: readonly Place[]): string | undefined =>
  group.find(({ discriminator }) => discriminator !== undefined)?.discriminator

/** The most frequent label, in the singular. */
function wordOf(group: readonly Place[]): string {
  const counts = new Map<string, number>()
  for (const { label, several, objects } of group) {
    const word = pascalCase(several ? singular(label) : label)
    counts.set(word, (counts.get(word) ?? 0) + objects)
  }
  const [[word]] = [...counts].toSorted(([a, inA], [b, inB]) => inB - inA || compareKeys(a, b)) as [[string, number]]
  return word
}

/** The root has no label. */
function pascalCase(label: string): string {
  const words = label.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const name = words
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
    .slice(0, 40)
  return /^[A-Z]/.test(name) ? name : `Payload${name}`
}

function singular(word: string): string {
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return /[^suSI]s$/.test(word) && !/(?:status|address|news|series)$/i.test(word) ? word.slice(0, -1) : word
}
