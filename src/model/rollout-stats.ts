// The counters of a rollout.

/** Calls of one side, a fallback to it included. */
export interface SideStats {
  /** Calls that it got. */
  readonly calls: number
  /** Resolved with `ok: true`. */
  readonly accepted: number
  /** Resolved with `ok: false`. */
  readonly rejected: number
  /** Faults but the following. */
  readonly errors: number
  /** Ended with `deadline.exceeded`. */
  readonly deadlineExceeded: number
  /** Ended by the caller. */
  readonly cancelled: number
  /** Of the last calls with an outcome, in ms, at most a twentieth above the exact value; null: there are none. */
  readonly p95Ms: number | null
}

/** Shadow runs. None of them is a call. */
export interface ShadowStats {
  /** Both sides agreed. */
  readonly matched: number
  /** They did not. */
  readonly mismatched: number
  /** Ended by a fault. */
  readonly failed: number
  /** Not run, or refused: no space. */
  readonly dropped: number
  /** Not run: nothing to compare with. */
  readonly skipped: number
  /** In flight now. */
  readonly inFlight: number
  /** Payload bytes of those in flight. */
  readonly bytes: number
}

/** A rollout as it stands. */
export interface RolloutStats {
  /** Of the calls that the candidate gets. */
  readonly percent: number
  /** It does not climb by itself. */
  readonly held: boolean
  /** Why the percent is what it is, where someone or a guard said so. */
  readonly reason: string | undefined
  /** The old path. */
  readonly baseline: SideStats
  /** The new path. */
  readonly candidate: SideStats
  /** Only with shadow runs. */
  readonly shadow?: ShadowStats
  /** Calls whose key could not be computed. */
  readonly keyFailures: number
}
