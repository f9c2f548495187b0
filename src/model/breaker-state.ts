// The public view of a breaker.

/** `closed`: calls go through. `open`: none does. `half-open`: one at a time does, to find out. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** Counters and the state of a breaker. */
export interface BreakerStats {
  /** Now. */
  readonly state: BreakerState
  /** How often it opened, since creation. */
  readonly opened: number
  /** Calls that it refused, since creation. */
  readonly refused: number
}
