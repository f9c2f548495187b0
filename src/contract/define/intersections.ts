// Intersections of two objects, merged into one. zod runs both sides and reports an unknown key only when *both* reject
// it; the merged object does the same.

import type { $ZodIntersectionDef } from 'zod/v4/core'
import { sameSchema, type SchemaDocument } from '../schema-document.ts'
import { isOpen, objectDocument, type Additional } from './objects.ts'
import { pathTo } from '../index.ts'
import type { LoweringContext } from './context.ts'

interface ObjectShape {
  readonly properties: Readonly<Record<string, SchemaDocument>>
  readonly required: readonly string[]
  readonly additional: Additional
}

export function lowerIntersection(context: LoweringContext, def: $ZodIntersectionDef, path: string): SchemaDocument {
  const left = context.lower(def.left, pathTo.side(path, 'left'))
  const right = context.lower(def.right, pathTo.side(path, 'right'))
  const [a, b] = [shapeOf(left), shapeOf(right)]
  if (a === undefined || b === undefined) {
    return context.reject(path, 'an intersection must be of two objects that are not recursive; write one schema')
  }
  const additional = mergeAdditional(a.additional, b.additional)
  if (additional === undefined) {
    return context.reject(path, 'both sides have a catchall; write one z.object({ … }).catchall()')
  }
  const properties: Record<string, SchemaDocument> = {}
  for (const key of new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])) {
    const merged = mergeMember(a, b, key)
    if (merged === undefined) {
      context.reject(
        pathTo.property(path, key),
        'the two sides of the intersection have different schemas for it; write A.extend(B.shape)',
      )
    } else {
      properties[key] = merged
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

/** The schema of a member that both sides share; undefined where two schemas would have to hold at once. */
function mergeMember(a: ObjectShape, b: ObjectShape, key: string): SchemaDocument | undefined {
  const [left, right] = [memberOf(a, key), memberOf(b, key)]
  // zod ignores the rejection by a side that does not declare the key, unless the other side rejects it too.
  if (saysNothing(left)) return saysNothing(right) ? {} : (right as SchemaDocument)
  if (saysNothing(right)) return left as SchemaDocument
  return sameSchema(left as SchemaDocument, right as SchemaDocument) ? (left as SchemaDocument) : undefined
}

const memberOf = ({ properties, additional }: ObjectShape, key: string): Additional =>
  Object.hasOwn(properties, key) ? (properties[key] as SchemaDocument) : additional

function mergeAdditional(a: Additional, b: Additional): Additional | undefined {
  if (a === b) return a
  // An unknown member is in the document when one side keeps it, and is rejected when both do.
  if (a === 'strip') return b === false ? 'strip' : b
  if (b === 'strip') return a === false ? 'strip' : a
  if (a === false || isOpen(a)) return b === false ? true : b
  if (b === false || isOpen(b)) return a
  return sameSchema(a as SchemaDocument, b as SchemaDocument) ? a : undefined
}

/** True for a side that asks nothing of a member, or leaves it to the other side. */
const saysNothing = (member: Additional): boolean => member === false || member === 'strip' || isOpen(member)
