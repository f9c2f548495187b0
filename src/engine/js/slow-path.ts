// The slow path: decides every outcome on its own, stage by stage in the contract's order. For payloads that the fast
// path accepts it returns the same text.

import { rejected, rejectedBy, type Profile, type Rejected } from '../../model/index.ts'
import { canonicalText, readBytes } from '../../json/index.ts'
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
    const { issues, truncated, value } = validate(read.value)
    if (value === undefined) return rejected('validate.failed', issues, truncated)
    return { ok: true, text: canonicalText(value) }
  }
}
