// Who answered a call: `outcome.via`. It is about the call, not about the data, so it is not enumerable: outcomes of equal
// payloads stay equal on every placement, and a spread or JSON.stringify leaves it out.

import type { FaultCode } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { EngineReport, PlacedName } from './engine-report.ts'

/** The two sides of a rollout: the old path and the new one. */
export type SideName = 'baseline' | 'candidate'

/**
 * Why a fallback answered: the fault of the path that failed, `breaker.open` (it was not tried), or `exercise` (one of the
 * calls that keep the fallback in use).
 */
export type FallbackCause = FaultCode | 'breaker.open' | 'exercise'

/** Who answered a call. Frozen, and shared by the calls that went the same way. */
export interface Via {
  /** Where the payload was processed; `none`: it was accepted unprocessed (`fallback: 'skip'`). */
  readonly placement: PlacedName | 'none'
  /** What processed it; `app`: a function of the app; `none`: nothing. */
  readonly engine: EngineReport['kind'] | 'app'
  /** Only with `createRollout`: the side that answered. */
  readonly side?: SideName
  /** Only where a fallback answered: why. */
  readonly fallback?: FallbackCause
}

/** Whether the payload was accepted without being read. `via`: of a call whose placement did not answer; undefined: it did. */
export const isUnprocessed = (via: Via | undefined): boolean => via?.placement === 'none'

/** Whether an engine has read the payload: not where nothing processed it, or a function of the app did. */
export const isByEngine = (via: Via | undefined): boolean => via?.engine !== 'none' && via?.engine !== 'app'

/** What `process` adds to every outcome. */
export interface Answered {
  /** Who answered the call. Not enumerable. */
  readonly via: Via
}

/** Sets `via`, which replaces the one of a processor inside. */
export function answeredBy(outcome: Outcome, via: Via): void {
  if ('via' in outcome) (outcome as { via: Via }).via = via
  else Object.defineProperty(outcome, 'via', { value: via, writable: true, configurable: true })
}

export const viaOf = (outcome: Outcome): Via | undefined => (outcome as Partial<Answered>).via
