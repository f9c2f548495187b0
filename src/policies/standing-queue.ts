// Tells a burst from an overload, for a queue that is bounded by the time that a new call would wait. After CoDel (RFC 8289):
// a queue may be long for an interval, because a burst drains; a queue that stays long is a standing queue, and calls that
// would wait too long in it are refused. Shortly after a refusal no interval is granted: otherwise an overload would fill the
// queue again whenever it is short for an instant.
//
// native/daemon/src/worker/standing_queue.rs is the twin; test/vectors/queue has the cases of both.

/** A queue that is long for no longer than this holds a burst. */
const burstMs = 100
/** Time without a refusal after which a long queue is a burst again. */
const recoveryMs = 1000

export class StandingQueue {
  /** Since when the queue is too long; undefined: it is not. */
  #aboveSince: number | undefined
  #refusedAt = Number.NEGATIVE_INFINITY
  /** What arrives in one turn of the event loop is one burst, however long the turn takes. */
  #isSameTurn = false
  readonly #onTurnEnd: (end: () => void) => void

  constructor(onTurnEnd: (end: () => void) => void = setImmediate) {
    this.#onTurnEnd = onTurnEnd
  }

  /** For each call that comes: whether it is refused. `isLong`: it would wait for too long. */
  refuses(isLong: boolean, now: number): boolean {
    if (!isLong) {
      this.#aboveSince = undefined
      return false
    }
    const hasRecovered = now - this.#refusedAt > recoveryMs
    if (this.#aboveSince === undefined) {
      this.#aboveSince = now
      if (hasRecovered && !this.#isSameTurn) {
        this.#isSameTurn = true
        this.#onTurnEnd(() => (this.#isSameTurn = false))
      }
    }
    if (hasRecovered && (this.#isSameTurn || now - this.#aboveSince <= burstMs)) return false
    this.#refusedAt = now
    return true
  }
}
