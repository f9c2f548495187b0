// The cold path: decides every outcome by itself, stage by stage in the contract's order, whatever the fast path doubted.
// It is complete and slow; for payloads that the fast path takes it gives the same text.

import { rejected, type Profile, type Rejected } from '../../model/index.ts'
import { canonicalText, readBytes } from '../../json/index.ts'
import { normalizeDocument } from './normalize.ts'
import { compileValidator } from './validate.ts'

export interface Classified {
  readonly ok: true
  /** The canonical form. */
  readonly text: string
}

export type Classify = (payload: Uint8Array) => Classified | Rejected

/** Compiles the cold path of one contract. */
export function compileClassifier(profile: Profile): Classify {
  const limits = { ...profile.limits, numbers: profile.numbers }
  const validate = compileValidator(profile)
  return (payload) => {
    const read = readBytes(payload, limits)
    if (!read.ok) {
      // Only value input is refused for not being JSON, and that never comes here as bytes.
      return rejected(read.code, read.pointer === undefined ? [] : [{ code: read.code, pointer: read.pointer }])
    }
    const value = normalizeDocument(read.value, profile)
    const { issues, truncated } = validate(value)
    return issues.length > 0 ? rejected('validate.failed', issues, truncated) : { ok: true, text: canonicalText(value) }
  }
}
