// The checks that need the whole schema, in their fixed order, each over the nodes in the order of the walk: discriminated
// unions, normalization out of place, circles that consume no input, fan-out (fan-out.ts).

import { appendPointer } from '../../json/index.ts'
import type { Primitive } from '../../model/index.ts'
import type { DiscriminatedNode, ObjectNode, Property, SchemaNode, ValuesNode } from '../../model/index.ts'
import { checkFanOut } from './fan-out.ts'
import { unsupported } from './errors.ts'
import { findCircles } from './cycles.ts'
import { branchesOf, childrenOf, referencesOf, resolve, type Mutable, type Place, type SchemaTree } from './tree.ts'

/** Throws the first fault; fills in the keys and values of the discriminated unions. */
export function checkTree(tree: SchemaTree): void {
  for (const place of tree.places) if (place.node.form === 'discriminated') completeUnion(place.node, place, tree)
  checkNorms(tree)
  checkCircles(tree)
  checkFanOut(tree)
}

function completeUnion(node: Mutable<DiscriminatedNode>, place: Place, tree: SchemaTree): void {
  const objects = node.branches.map((branch) => resolve(branch.node, tree))
  if (!objects.every((object) => object?.form === 'object')) {
    throw unsupported(appendPointer(place.pointer, 'oneOf'), 'Every branch of oneOf must be an object.')
  }
  const first = objects[0] as ObjectNode
  const keys = place.discriminator === undefined ? first.properties.map(({ name }) => name) : [place.discriminator]
  for (const key of keys) {
    const values = discriminatingValues(key, objects)
    if (values === undefined) continue
    node.key = key
    node.branches = node.branches.map((branch, index) => ({ values: values[index] as Primitive[], node: branch.node }))
    return
  }
  const keyword = place.discriminator === undefined ? 'oneOf' : 'x-discriminator'
  throw unsupported(
    appendPointer(place.pointer, keyword),
    'Every branch of oneOf must require the discriminating key, with const or enum, no value twice and no x-norm.',
  )
}

/** The values of `key` in each object, or undefined when they do not tell the objects apart. */
function discriminatingValues(key: string, objects: readonly ObjectNode[]): (readonly Primitive[])[] | undefined {
  const seen = new Set<Primitive>()
  const values: (readonly Primitive[])[] = []
  for (const object of objects) {
    const property = propertyOf(object, key)
    if (!property?.required || !tells(property.node)) return undefined
    for (const value of property.node.values) {
      if (seen.has(value)) return undefined
      seen.add(value)
    }
    values.push(property.node.values)
  }
  return values
}

/** A discriminating value is read before normalizing, so it must not be normalized itself. */
const tells = (node: SchemaNode): node is ValuesNode => node.form === 'values' && node.norm.length === 0

function propertyOf({ properties }: ObjectNode, name: string): Property | undefined {
  let low = 0
  let high = properties.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((properties[middle] as Property).name < name) low = middle + 1
    else high = middle
  }
  return properties[low]?.name === name ? properties[low] : undefined
}

/**
 * A value is normalized before it is known which branch of a union it fits, and keys are never normalized: so no
 * x-norm below a plain anyOf or propertyNames. The latter must also be a string form, which a reference hides till now.
 */
function checkNorms(tree: SchemaTree): void {
  const normalizing = normalizingDefinitions(tree)
  const reaches = (node: SchemaNode): boolean =>
    hasNorm(node) || (node.form === 'ref' && normalizing.has(node.target)) || childrenOf(node).some(reaches)
  for (const { node, pointer } of tree.places) {
    if (node.form === 'union') {
      const index = node.branches.findIndex(reaches)
      if (index >= 0) {
        const at = appendPointer(appendPointer(pointer, 'anyOf'), index)
        throw unsupported(at, 'x-norm is not supported below a branch of anyOf.')
      }
    } else if (node.form === 'object' && node.names) {
      const at = appendPointer(pointer, 'propertyNames')
      if (!isStringForm(resolve(node.names, tree))) throw unsupported(at, 'propertyNames must be a schema of strings.')
      if (reaches(node.names)) throw unsupported(at, 'Keys are not normalized: x-norm is not supported here.')
    }
  }
}

/** The definitions (and -1, the root) with x-norm somewhere in them, by way of references too. */
function normalizingDefinitions(tree: SchemaTree): ReadonlySet<number> {
  const referrers = new Map<number, number[]>()
  const found = new Set<number>()
  for (const { node, home } of tree.places) {
    if (hasNorm(node)) found.add(home)
    if (node.form !== 'ref') continue
    const homes = referrers.get(node.target)
    if (homes) homes.push(home)
    else referrers.set(node.target, [home])
  }
  // A set gives what is added to it while it is walked.
  for (const number of found) for (const home of referrers.get(number) ?? []) found.add(home)
  return found
}

const hasNorm = (node: SchemaNode): boolean =>
  (node.form === 'scalar' && node.string !== undefined && node.string.norm.length > 0) ||
  (node.form === 'values' && node.norm.length > 0)

const isStringForm = (node: SchemaNode | undefined): boolean =>
  (node?.form === 'scalar' || node?.form === 'values') && node.types.length === 1 && node.types[0] === 'string'

/** A reference that comes back to itself without having looked into the value would never end. */
function checkCircles(tree: SchemaTree): void {
  const circles = findCircles(tree, 'still')
  const homes = [tree.root, ...tree.defs]
  const still = new Set(homes.flatMap((home) => referencesOf(home, branchesOf)))
  for (const { node, pointer, home } of tree.places) {
    if (node.form !== 'ref' || !still.has(node) || !circles.sameGroup(home, node.target)) continue
    throw unsupported(appendPointer(pointer, '$ref'), 'The reference comes back to itself without consuming any input.')
  }
}
