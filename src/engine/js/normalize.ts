// Which strings of a document are normalized: the walk over value tree and schema. How one string is normalized is in
// normalize-string.ts; the fast path does both in one go (rebuild.ts). native/core/src/normalize.rs is the twin.

import type { ObjectNode, Profile, Property, SchemaNode } from '../../model/index.ts'
import { JsonObject, type JsonPrimitive, type JsonValue } from '../../json/index.ts'
import { normalizeString } from './normalize-string.ts'

/** Normalizes the document, in place where it can; returns its root. Keys are never touched. */
export const normalizeDocument = (value: JsonValue, profile: Profile): JsonValue =>
  normalizeValue(value, profile.root, profile)

function normalizeValue(value: JsonValue, node: SchemaNode, profile: Profile): JsonValue {
  switch (node.form) {
    case 'scalar':
      return typeof value === 'string' && node.string ? normalizeString(value, node.string.norm) : value
    case 'values':
      return typeof value === 'string' ? normalizeString(value, node.norm) : value
    case 'array':
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const item = i < node.prefix.length ? (node.prefix[i] as SchemaNode) : node.items
          if (item) value[i] = normalizeValue(value[i] as JsonValue, item, profile)
        }
      }
      return value
    case 'object':
      if (value instanceof JsonObject) {
        for (const member of value.members) {
          const child = propertyNode(node, member.key) ?? node.additional
          if (child) member.value = normalizeValue(member.value, child, profile)
        }
      }
      return value
    case 'nullable':
      return value === null ? value : normalizeValue(value, node.inner, profile)
    case 'discriminated': {
      // The chosen branch's operations apply; the key itself carries none, so it is read raw.
      const chosen = value instanceof JsonObject ? value.get(node.key) : undefined
      const branch = node.branches.find(({ values }) => values.includes(chosen as JsonPrimitive))
      return branch ? normalizeValue(value, branch.node, profile) : value
    }
    case 'ref':
      return normalizeValue(value, node.target < 0 ? profile.root : (profile.defs[node.target] as SchemaNode), profile)
    // No operation stands under a plain union: which branch would decide?
    case 'union':
    case 'any':
      return value
  }
}

/** The schema of a declared member. O(log n): properties stand in canonical order. */
function propertyNode(node: ObjectNode, name: string): SchemaNode | undefined {
  let low = 0
  let high = node.properties.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const property = node.properties[middle] as Property
    if (property.name === name) return property.node
    if (property.name < name) low = middle + 1
    else high = middle
  }
  return undefined
}
