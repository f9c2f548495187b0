// What an object without `additionalProperties` does with members that it does not declare.

import { mapChildren, type SchemaDocument } from '../schema-document.ts'
import type { Importer } from './importer.ts'

export type Keyword = Pick<SchemaDocument, 'x-unknown' | 'x-closed'>

export const keywordOf = (objects: Importer['objects']): Keyword =>
  objects === 'strip' ? { 'x-unknown': 'strip' } : objects === 'strict' ? { 'x-closed': true } : {}

/**
 * Of two objects that must both hold. What one side keeps on purpose is kept. What the option closes is closed to what
 * neither side declares.
 */
export function mergeUndeclared(a: SchemaDocument, b: SchemaDocument): Keyword {
  const [left, right] = [handlingOf(a), handlingOf(b)]
  if (left === 'loose' || right === 'loose') return {}
  return keywordOf(left === right ? left : 'strict')
}

const handlingOf = (node: SchemaDocument): Importer['objects'] =>
  node['x-unknown'] ?? (node['x-closed'] === true ? 'strict' : 'loose')

/**
 * The schema with each oneOf as the union that it becomes, and each object closed that the option `objects: 'strict'`
 * closes. Last, because an option may refer to any definition, and the parts of an allOf declare members together.
 */
export function finish(importer: Importer, node: SchemaDocument): SchemaDocument {
  const { 'x-closed': isClosed, ...settled } = importer.settle(node) ?? {}
  const finished = mapChildren(settled, (child) => finish(importer, child))
  if (finished.propertyNames !== undefined) finished.propertyNames = finish(importer, finished.propertyNames)
  if (isClosed === true) finished.additionalProperties = false
  return finished
}
