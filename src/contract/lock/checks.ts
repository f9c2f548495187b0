// The checks that need the whole schema, in their fixed order, each over the nodes in the order of the walk:
// discriminated unions, the schemas of keys, cycles that consume no input. defaults.ts and cost.ts follow.

import { appendPointer } from '../../json/index.ts'
import {
  branchesOf,
  findProperty,
  resolveNode,
  type DiscriminatedNode,
  type ObjectNode,
  type LiteralValue,
  type ScalarNode,
  type SchemaNode,
  type ValuesNode,
} from '../../model/index.ts'
import { unsupported } from './errors.ts'
import { findCycles } from './cycles.ts'
import { changesScalars, referencesOf, type Mutable, type SchemaLocation, type SchemaTree } from './tree.ts'

/** Throws the first error; fills in the keys and values of the discriminated unions. */
export function checkTree(tree: SchemaTree): void {
  for (const location of tree.locations)
    if (location.node.kind === 'discriminated') completeUnion(location.node, location, tree)
  checkNames(tree)
  checkCycles(tree)
}

function completeUnion(node: Mutable<DiscriminatedNode>, location: SchemaLocation, tree: SchemaTree): void {
  const objects = node.branches.map((branch) => resolveNode(branch.node, tree))
  if (!objects.every((object) => object?.kind === 'object')) {
    throw unsupported(appendPointer(location.pointer, 'oneOf'), 'Every branch of oneOf must be an object.')
  }
  const first = objects[0] as ObjectNode
  const keys =
    location.discriminator === undefined ? first.properties.map(({ name }) => name) : [location.discriminator]
  for (const key of keys) {
    const values = discriminatingValues(key, objects)
    if (values === undefined) continue
    node.key = key
    node.branches = node.branches.map((branch, index) => ({
      values: values[index] as LiteralValue[],
      node: branch.node,
    }))
    return
  }
  const keyword = location.discriminator === undefined ? 'oneOf' : 'x-discriminator'
  throw unsupported(
    appendPointer(location.pointer, keyword),
    'Every branch of oneOf must require the discriminating key, with const or enum, no value twice and no x-norm.',
  )
}

/** The values of `key` in each object; undefined when they do not discriminate the objects. */
function discriminatingValues(key: string, objects: readonly ObjectNode[]): (readonly LiteralValue[])[] | undefined {
  const seen = new Set<LiteralValue>()
  const values: (readonly LiteralValue[])[] = []
  for (const object of objects) {
    const property = findProperty(object, key)
    if (!property?.required || !isDiscriminating(property.node)) return undefined
    for (const value of property.node.values) {
      if (seen.has(value)) return undefined
      seen.add(value)
    }
    values.push(property.node.values)
  }
  return values
}

/** A discriminating value is read before normalization, so it must not be normalized itself. */
const isDiscriminating = (node: SchemaNode): node is ValuesNode => node.kind === 'values' && node.norm.length === 0

/** The schema of a record's keys admits strings only, which a reference may hide, and changes none. */
function checkNames(tree: SchemaTree): void {
  for (const { node, pointer } of tree.locations) {
    if (node.kind !== 'object' || !node.names) continue
    const at = appendPointer(pointer, 'propertyNames')
    const names = resolveNode(node.names, tree)
    if (!isStringNode(names)) throw unsupported(at, 'propertyNames must be a schema of strings.')
    if (changesScalars(names)) {
      throw unsupported(at, 'Keys are not changed: x-norm, x-coerce and x-url are not supported here.')
    }
  }
}

const isStringNode = (node: SchemaNode | undefined): node is ScalarNode | ValuesNode =>
  (node?.kind === 'scalar' || node?.kind === 'values') && node.types.length === 1 && node.types[0] === 'string'

/** A reference cycle that consumes no input would recurse infinitely. */
function checkCycles(tree: SchemaTree): void {
  const groups = findCycles(tree, 'non-consuming')
  const nonConsuming = new Set([tree.root, ...tree.defs].flatMap((node) => referencesOf(node, branchesOf)))
  for (const { node, pointer, owner } of tree.locations) {
    if (node.kind !== 'ref' || !nonConsuming.has(node) || !groups.sameGroup(owner, node.target)) continue
    throw unsupported(appendPointer(pointer, '$ref'), 'The reference comes back to itself without consuming any input.')
  }
}
