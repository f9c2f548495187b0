// How long the workers are busy with what they have been given: by what it should take, and how long it has been taking.
// What waits in our own queue is not in it.

/** A task that workers have. */
export interface Piece {
  readonly expectedUs: number
}

export class Backlog {
  readonly #threads: number
  /** In the order in which they were sent, with the time at which they are thought to have begun. */
  readonly #begun = new Map<Piece, number | undefined>()

  constructor(threads: number) {
    this.#threads = threads
  }

  sent(piece: Piece, now: number): void {
    this.#begun.set(piece, this.#begun.size < this.#threads ? now : undefined)
  }

  ended(piece: Piece, now: number): void {
    this.#begun.delete(piece)
    for (const [next, begunAt] of this.#begun) {
      if (begunAt !== undefined) continue
      this.#begun.set(next, now)
      return
    }
  }

  /** Until a worker has time for something new; 0 when one has it now. */
  waitUsAt(now: number): number {
    if (this.#begun.size < this.#threads) return 0
    let us = 0
    for (const [{ expectedUs }, begunAt] of this.#begun) {
      // What takes longer than it should will take so much longer again, as far as anyone knows.
      us += begunAt === undefined ? expectedUs : Math.abs(expectedUs - (now - begunAt) * 1000)
    }
    return us / this.#threads
  }
}
