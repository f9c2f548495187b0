// Normalizes the strings of a document, by a walk over value tree and schema. native/core/src/normalize.rs is the twin.

import { findProperty, type Profile, type SchemaNode } from '../../model/index.ts'
import { JsonObject, type JsonPrimitive, type JsonValue } from '../../json/index.ts'
import { normalizeString } from './normalize-string.ts'

/** Normalizes the document, in place where it can; returns its root. Keys are never touched. */
export const normalizeDocument = (value: JsonValue, profile: Profile): JsonValue =>
  normalizeValue(value, profile.root, profile)

function normalizeValue(value: JsonValue, node: SchemaNode, profile: Profile): JsonValue {
  switch (node.kind) {
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
          const child = findProperty(node, member.key)?.node ?? node.additional
          if (child) member.value = normalizeValue(member.value, child, profile)
        }
      }
      return value
    case 'nullable':
      return value === null ? value : normalizeValue(value, node.inner, profile)
    case 'discriminated': {
      // The operations of the selected branch apply. The discriminator itself has none.
      const selected = value instanceof JsonObject ? value.get(node.key) : undefined
      const branch = node.branches.find(({ values }) => values.includes(selected as JsonPrimitive))
      return branch ? normalizeValue(value, branch.node, profile) : value
    }
    case 'ref':
      return normalizeValue(value, node.target < 0 ? profile.root : (profile.defs[node.target] as SchemaNode), profile)
    // The lock allows no operation below a plain union, because its branch is not known yet.
    case 'union':
    case 'any':
      return value
  }
}
