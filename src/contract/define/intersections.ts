// Intersections, where both sides are objects that fold into one. zod runs both sides and reports an unknown key only
// when *both* refuse it; the folded object says the same.

import type { $ZodIntersectionDef } from 'zod/v4/core'
import { sameMeaning, type SchemaDocument } from './document.ts'
import { isOpen, objectDocument } from './objects.ts'
import { pathTo } from './paths.ts'
import type { Walk } from './walk.ts'

type Additional = SchemaDocument | boolean

interface Shape {
  readonly properties: Readonly<Record<string, SchemaDocument>>
  readonly required: readonly string[]
  readonly additional: Additional
}

export function lowerIntersection(walk: Walk, def: $ZodIntersectionDef, path: string): SchemaDocument {
  const left = walk.lower(def.left, pathTo.side(path, 'left'))
  const right = walk.lower(def.right, pathTo.side(path, 'right'))
  const [a, b] = [shapeOf(left), shapeOf(right)]
  if (a === undefined || b === undefined) {
    return walk.refuse(
      path,
      'an intersection folds only where both sides are objects (not recursive ones); write one schema',
    )
  }
  const additional = joinAdditional(a.additional, b.additional)
  if (additional === undefined) {
    return walk.refuse(path, 'both sides have a catchall of their own; write one z.object({ … }).catchall()')
  }
  const properties: Record<string, SchemaDocument> = {}
  for (const key of new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])) {
    const folded = foldMember(a, b, key)
    if (folded === undefined) {
      walk.refuse(
        pathTo.property(path, key),
        'the two sides of the intersection read it differently; write A.extend(B.shape)',
      )
    } else {
      properties[key] = folded
    }
  }
  return objectDocument(properties, [...new Set([...a.required, ...b.required])], additional)
}

function shapeOf(node: SchemaDocument): Shape | undefined {
  if (node.type !== 'object') return undefined
  const names = node.propertyNames
  // Names that any string matches say nothing; other names would have to hold for the other side's keys too.
  if (names !== undefined && !sameMeaning(names, { type: 'string' })) return undefined
  return {
    properties: node.properties ?? {},
    required: node.required ?? [],
    additional: node.additionalProperties ?? true,
  }
}

/** What one member must match on both sides; undefined where that would take two schemas at once. */
function foldMember(a: Shape, b: Shape, key: string): SchemaDocument | undefined {
  const [left, right] = [memberOf(a, key), memberOf(b, key)]
  // A side that does not know the key refuses it alone, and zod overlooks that; an open side says nothing either.
  if (left === false || isOpen(left)) return right === false ? {} : (right as SchemaDocument)
  if (right === false || isOpen(right)) return left as SchemaDocument
  return sameMeaning(left as SchemaDocument, right as SchemaDocument) ? (left as SchemaDocument) : undefined
}

const memberOf = ({ properties, additional }: Shape, key: string): Additional =>
  Object.hasOwn(properties, key) ? (properties[key] as SchemaDocument) : additional

function joinAdditional(a: Additional, b: Additional): Additional | undefined {
  if (a === false && b === false) return false
  if (a === false || isOpen(a)) return b === false ? true : b
  if (b === false || isOpen(b)) return a
  return sameMeaning(a as SchemaDocument, b as SchemaDocument) ? a : undefined
}
