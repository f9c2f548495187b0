// The document of an accepted payload as it was read: before strip, norm, default and coercion.

import { readText, toPlain } from '../json/index.ts'
import type { Contract, PayloadContent, Rejected } from '../model/index.ts'
import { decodeUtf8, encodeUtf8 } from '#runtime'
import { payloadBytes } from './input.ts'
import { compileValueReader } from './js/value-reader.ts'

const noLimits = { maxBytes: Infinity, maxDepth: Infinity, maxKeys: Infinity, numbers: 'double' } as const

/** The content of a payload, which the caller cannot change any more; a rejection for what has none. */
export function takeContent(payload: unknown, { profile }: Contract): PayloadContent | Rejected {
  if (typeof payload === 'string') return payload
  const bytes = payloadBytes(payload, profile)
  // Too large: refused by the placement, and never read here.
  if (bytes !== payload || !(bytes instanceof Uint8Array) || bytes.length > profile.limits.maxBytes) return bytes
  return Uint8Array.from(bytes)
}

/** Reads the content of an accepted payload. Integers are bigints where `outcome.value()` would have them. */
export function documentReader({ profile }: Contract): (content: PayloadContent) => unknown {
  const readValue = compileValueReader(profile, 'input')
  if (readValue !== undefined)
    return (content) => readValue(typeof content === 'string' ? encodeUtf8(content) : content)
  return (content) => {
    const text = typeof content === 'string' ? content : decodeUtf8(content)
    // JSON.parse may read keys with an escape wrongly: see json/plain.ts.
    if (!text.includes('\\')) return JSON.parse(text) as unknown
    const read = readText(text, noLimits)
    if (!read.ok) throw new TypeError('Expected the text of an accepted payload')
    return toPlain(read.value)
  }
}
