// The slow path: decides every outcome on its own, stage by stage in the contract's order. For payloads that the fast
// path accepts it returns the same text.

import { rejected, rejectedBy, rejectedDocument, type Profile, type Rejected } from '../../model/index.ts'
import { canonicalTextWithin, readBytes, readText, tooLarge } from '../../json/index.ts'
import { compileValidator } from './validate.ts'

export interface Canonical {
  readonly ok: true
  /** The canonical form. */
  readonly text: string
}

export type SlowPath = (payload: Uint8Array) => Canonical | Rejected

/** Compiles the slow path of one contract. */
export function compileSlowPath(profile: Profile): SlowPath {
  const limits = { ...profile.limits, numbers: profile.numbers }
  const validate = compileValidator(profile)
  return (payload) => {
    const read = readBytes(payload, limits)
    if (!read.ok) return rejectedBy(read)
    const { issues, truncated, value, insertsDefaults } = validate(read.value)
    if (value === undefined) return rejected('validate.failed', issues, truncated)
    const text = canonicalTextWithin(value, limits.maxBytes)
    if (text === undefined) return rejectedDocument(tooLarge(limits.maxBytes))
    // Only defaults add brackets and members: what they make has to be readable by the contract again.
    const again = insertsDefaults ? readText(text, limits) : read
    return again.ok ? { ok: true, text } : rejectedDocument(again)
  }
}
