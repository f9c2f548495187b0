// The canonical writer: RFC 8785 text of a value tree. JSON.stringify of a plain object would put integer-like keys
// first.

import { JsonObject, type JsonPrimitive, type JsonValue } from './value.ts'

/** Canonical JSON (RFC 8785). The tree holds no lone surrogates and no numbers beyond the doubles: see read.ts. */
export function canonicalText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!(value instanceof JsonObject)) return primitiveText(value)
  const members = value.members.map((member) => `${JSON.stringify(member.key)}:${canonicalText(member.value)}`)
  return `{${members.join(',')}}`
}

/**
 * Canonical text of a primitive. V8 writes ECMAScript numbers (-0 as 0) and the minimal escapes, as RFC 8785 §3.2.2
 * asks.
 */
export const primitiveText = (value: JsonPrimitive): string => JSON.stringify(value)
