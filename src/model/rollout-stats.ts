// The counters of a rollout.

/** Calls of one side, a fallback to it included. */
export interface SideStats {
  readonly calls: number
  readonly accepted: number
  readonly rejected: number
  /** Faults but the following. */
  readonly errors: number
  readonly deadlineExceeded: number
  readonly cancelled: number
  /** Of the last calls with an outcome, in ms, at most a fifth above the exact value; null: there are none. */
  readonly p95Ms: number | null
}

/** Shadow runs. None of them is a call. */
export interface ShadowStats {
  readonly matched: number
  readonly mismatched: number
  /** Ended by a fault. */
  readonly failed: number
  /** Not run, or refused: no space. */
  readonly dropped: number
  /** Not run: nothing to compare with. */
  readonly skipped: number
  readonly inFlight: number
  readonly bytes: number
}

/** A rollout as it stands. */
export interface RolloutStats {
  readonly percent: number
  /** It does not climb by itself. */
  readonly held: boolean
  /** Why the percent is what it is, where someone or a guard said so. */
  readonly reason: string | undefined
  readonly baseline: SideStats
  readonly candidate: SideStats
  readonly shadow?: ShadowStats
  /** Calls whose key could not be computed. */
  readonly keyFailures: number
}
