// Members that are left out of the fast path's result: the data model applies to them too, and nothing later sees them.

import { isWellFormed } from '#runtime'
import type { Profile } from '../../model/index.ts'
import { largestNumber } from './coerce.ts'
import type { VisitState } from './visitor.ts'

/** False where a member is invalid or its validity is uncertain. Members below it are counted, itself is not. */
export function compileDrop(profile: Profile, state: VisitState): (key: string, value: unknown) => boolean {
  const { maxKeys } = profile.limits
  const largest = largestNumber(profile.numbers)
  // A key with a backslash may be another one in the text: see mayHoldWrongKey() in fast-path.ts.
  const drop = (key: string, value: unknown): boolean =>
    key !== '__proto__' && !key.includes('\\') && isWellFormed(key) && isValid(value)
  const isValid = (value: unknown): boolean => {
    switch (typeof value) {
      case 'string':
        return isWellFormed(value)
      case 'number':
        return value <= largest && value >= -largest
      case 'object':
        return value === null || (Array.isArray(value) ? value.every(isValid) : dropAll(value))
      default:
        return true
    }
  }
  const dropAll = (object: object): boolean => {
    let members = 0
    for (const key in object) {
      members++
      if (!drop(key, (object as Record<string, unknown>)[key])) return false
    }
    state.members += members
    state.visits += members
    return members <= maxKeys
  }
  return drop
}
