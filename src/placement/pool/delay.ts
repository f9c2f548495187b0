// How long a task is away beyond its own work: the way to the worker and back, and what the worker did before. What waits
// in our own queue is not in it.

/** Weight of the newest task in the mean. */
const share = 0.2
/** What is known loses half of its weight in this time: nobody may be kept away by an old delay. */
const halfLifeMs = 100

export class Delay {
  #us = 0
  #at = 0

  note(us: number, now: number): void {
    if (!(us >= 0 && us < Number.POSITIVE_INFINITY)) return
    this.#us += share * (us - this.#us)
    this.#at = now
  }

  usAt(now: number): number {
    return this.#us * 2 ** ((this.#at - now) / halfLifeMs)
  }
}
