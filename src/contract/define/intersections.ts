// Intersections, merged into one schema branch by branch. zod runs both sides on the whole value and merges their results:
// a member that one side drops comes from the other, a key that one side does not know is an issue only where *both*
// reject it, and two results that differ throw. The merged schema does the same, or the intersection is rejected.

import type { $ZodIntersectionDef } from 'zod/v4/core'
import { setMember } from '../../json/index.ts'
import {
  childrenOf,
  isAny,
  isCoerced,
  isNull,
  jsonTypesOf,
  sameSchema,
  unionOf,
  type SchemaDocument,
} from '../schema-document.ts'
import { isOpen, objectDocument, type Additional } from './objects.ts'
import { pathTo } from '../index.ts'
import type { LoweringContext } from './context.ts'

interface ObjectShape {
  readonly properties: Readonly<Record<string, SchemaDocument>>
  readonly required: readonly string[]
  readonly additional: Additional
}

const writeOneSchema =
  'an intersection must be of objects that are not recursive, or of unions of them; write one schema'

export function lowerIntersection(context: LoweringContext, def: $ZodIntersectionDef, path: string): SchemaDocument {
  const left = context.lower(def.left, pathTo.side(path, 'left'))
  const right = context.lower(def.right, pathTo.side(path, 'right'))
  if (countBranches(left) * countBranches(right) > maxPairs) {
    return context.reject(path, `the unions make more than ${maxPairs} pairs of options; write one union`)
  }
  return merge(context, left, right, path) ?? context.reject(path, writeOneSchema)
}

/** Of options: two unions of 70 each. A chain of intersections multiplies them. */
const maxPairs = 5_000

const countBranches = ({ anyOf, oneOf }: SchemaDocument): number =>
  (anyOf ?? oneOf)?.reduce((count, branch) => count + countBranches(branch), 0) ?? 1

/** undefined: the sides have no JSON type in common, so that no value is of both. */
function merge(
  context: LoweringContext,
  left: SchemaDocument,
  right: SchemaDocument,
  path: string,
): SchemaDocument | undefined {
  if (isUnion(left)) return distribute(context, left, (branch) => merge(context, branch, right, path), path)
  if (isUnion(right)) return distribute(context, right, (branch) => merge(context, left, branch, path), path)
  const types = commonTypes(left, right)
  if (types?.length === 0) return undefined
  if (types?.join() === 'null' && !isCoerced(left) && !isCoerced(right)) return { type: 'null' }
  const [a, b] = [besideObject(left, right), besideObject(right, left)]
  const [one, other] = [shapeOf(a), shapeOf(b)]
  if (one !== undefined && other !== undefined) return mergeObjects(context, one, other, path)
  // A record's issue about a key counts only where the other side rejects the key too.
  const isKeyed = a.type === 'object' || b.type === 'object'
  return (isKeyed ? undefined : mergeMember(a, b)) ?? context.reject(path, writeOneSchema)
}

const isUnion = ({ anyOf, oneOf }: SchemaDocument): boolean => anyOf !== undefined || oneOf !== undefined

/** undefined where a side does not name its types. */
function commonTypes(a: SchemaDocument, b: SchemaDocument): readonly string[] | undefined {
  const [left, right] = [jsonTypesOf(a), jsonTypesOf(b)]
  return right && left?.filter((type) => right.includes(type))
}

/** Of objects, z.any() and z.unknown() are the open one. */
const besideObject = (node: SchemaDocument, other: SchemaDocument): SchemaDocument =>
  isAny(node) && other.type === 'object' ? { type: 'object' } : node

/** The union of the merged branches, in their order: zod takes the first option that accepts, on each side by itself. */
function distribute(
  context: LoweringContext,
  union: SchemaDocument,
  mergeBranch: (branch: SchemaDocument) => SchemaDocument | undefined,
  path: string,
): SchemaDocument | undefined {
  const { anyOf, oneOf = [], 'x-discriminator': key } = union
  const objects = (anyOf ?? []).filter((branch) => jsonTypesOf(branch)?.includes('object') ?? true)
  if (objects.length > 1 && objects.some(isStrict)) {
    return context.reject(
      path,
      'a z.strictObject() in a plain union of an intersection: zod lets its unknown keys pass where the other side knows ' +
        'them; write z.object(), z.discriminatedUnion(), or one union of whole objects',
    )
  }
  const merged = (anyOf ?? oneOf).map(mergeBranch).filter((node) => node !== undefined)
  if (merged.length === 0) return undefined
  if (anyOf === undefined && !merged.some(isUnion)) {
    return { oneOf: merged, ...(key === undefined ? {} : { 'x-discriminator': key }) }
  }
  const branches = merged.flatMap((node) => node.anyOf ?? [node])
  const firstNull = branches.findIndex(isNull)
  return unionOf(branches.filter((node, i) => i === firstNull || !isNull(node)))
}

/** True for an object that rejects unknown keys, and for a union with one. */
const isStrict = ({ additionalProperties, anyOf = [], oneOf = [] }: SchemaDocument): boolean =>
  additionalProperties === false || [...anyOf, ...oneOf].some(isStrict)

function mergeObjects(context: LoweringContext, a: ObjectShape, b: ObjectShape, path: string): SchemaDocument {
  const additional = mergeAdditional(a.additional, b.additional)
  if (additional === undefined) {
    return context.reject(path, 'both sides have a catchall; write one z.object({ … }).catchall()')
  }
  const properties: Record<string, SchemaDocument> = {}
  for (const key of new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])) {
    const merged = mergeMember(memberOf(a, key), memberOf(b, key))
    if (merged === undefined) {
      context.reject(
        pathTo.property(path, key),
        'the two sides of the intersection have different schemas for it; write A.extend(B.shape)',
      )
    } else {
      setMember(properties, key, merged)
    }
  }
  return objectDocument(properties, [...new Set([...a.required, ...b.required])], additional)
}

function shapeOf(node: SchemaDocument): ObjectShape | undefined {
  if (node.type !== 'object') return undefined
  const names = node.propertyNames
  // Names that match any string can be ignored; others would have to hold for the other side's keys too.
  if (names !== undefined && !sameSchema(names, { type: 'string' })) return undefined
  return {
    properties: node.properties ?? {},
    required: node.required ?? [],
    additional: node['x-unknown'] ?? node.additionalProperties ?? true,
  }
}

const memberOf = ({ properties, additional }: ObjectShape, key: string): Additional =>
  Object.hasOwn(properties, key) ? (properties[key] as SchemaDocument) : additional

/** The schema of a member that one side declares at least; undefined where two different ones would have to hold. */
function mergeMember(left: Additional, right: Additional): SchemaDocument | undefined {
  // A side that does not know the key drops the member from its result, or its issue counts only with the other's.
  if (left === false || left === 'strip') return right as SchemaDocument
  if (right === false || right === 'strip') return left as SchemaDocument
  // A side that takes anything has the member as read in its result.
  if (isOpen(left)) return unchanged(asSchema(right))
  if (isOpen(right)) return unchanged(asSchema(left))
  const [a, b] = [left as SchemaDocument, right as SchemaDocument]
  if (sameSchema(a, b)) return a
  if ('default' in a || 'default' in b) return undefined
  return isImplied(a, b) ? unchanged(b) : isImplied(b, a) ? unchanged(a) : undefined
}

const asSchema = (side: Additional): SchemaDocument => (typeof side === 'object' ? side : {})

/** The schema, if it leaves the values as they are; else zod would merge two different results. */
const unchanged = (node: SchemaDocument): SchemaDocument | undefined => (changes(node) ? undefined : node)

/** By node: one that is used many times is looked at once. */
const knownChanges = new WeakMap<SchemaDocument, boolean>()

function changes(node: SchemaDocument): boolean {
  const known = knownChanges.get(node) ?? (changesItself(node) || childrenOf(node).some(changes))
  knownChanges.set(node, known)
  return known
}

/** A default of a member is in zod's merged result; one of an item makes two lists of different lengths. */
const changesItself = (node: SchemaDocument): boolean =>
  ['x-norm', 'x-coerce', 'x-url', 'x-unknown', '$ref'].some((keyword) => keyword in node) ||
  (node.prefixItems ?? []).some((item) => 'default' in item)

/** True when every value of `other` is of the bare type that `bare` asks for. */
const isImplied = (bare: SchemaDocument, other: SchemaDocument): boolean =>
  typeof bare.type === 'string' &&
  typeof other.type === 'string' &&
  sameSchema(bare, { type: bare.type }) &&
  (other.type === bare.type || (bare.type === 'number' && other.type === 'integer'))

/** The schema of members that neither side declares; undefined where two different ones would have to hold. */
function mergeAdditional(a: Additional, b: Additional): Additional | undefined {
  const isIgnorant = (side: Additional): boolean => side === false || side === 'strip'
  if (isIgnorant(a) && isIgnorant(b)) return a === false && b === false ? false : 'strip'
  if (isIgnorant(a)) return isOpen(b) ? true : b
  if (isIgnorant(b)) return isOpen(a) ? true : a
  if (isOpen(a)) return isOpen(b) ? true : unchanged(asSchema(b))
  if (isOpen(b)) return unchanged(asSchema(a))
  return sameSchema(a as SchemaDocument, b as SchemaDocument) ? a : undefined
}
