// Chooses the side of a call: a key below the percent goes to the candidate. A key that is there stays there while the percent
// grows.

import type { Call, Run } from '../model/index.ts'

export interface CanaryParts {
  /** Of the calls, 0 to 100; it may change between two calls. */
  readonly percent: () => number
  /** The call's place in [0, 1), by its key. Throws where the key cannot be read. */
  readonly positionOf: (call: Call) => number
  /** The call goes to the baseline. */
  readonly onKeyFailure: (error: unknown) => void
  readonly baseline: Run
  readonly candidate: Run
}

export const canary = ({ percent, positionOf, onKeyFailure, baseline, candidate }: CanaryParts): Run => {
  const isBelow = (call: Call, share: number): boolean => {
    try {
      return positionOf(call) < share
    } catch (error) {
      onKeyFailure(error)
      return false
    }
  }
  return (call) => {
    const now = percent()
    // At both ends no key is needed.
    const isCandidates = now > 0 && (now >= 100 || isBelow(call, now / 100))
    // Code of the caller, in the key or in the payload, may have ended it.
    if (call.settled) return
    if (isCandidates) candidate(call)
    else baseline(call)
  }
}
