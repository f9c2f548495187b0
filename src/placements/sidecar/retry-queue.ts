// Calls that the daemon had no room for, each until it may have. What becomes of them then is client.ts.

import { Waiting, type Ticket, type Total } from './request.ts'

export class Resting {
  readonly #tickets: Waiting
  readonly #rested: (ticket: Ticket) => void
  readonly #awake: () => void
  readonly #until = new WeakMap<Ticket, number>()
  #timer: NodeJS.Timeout | undefined

  /** `rested` is told of each call whose time has come, `awake` after those of one moment. */
  constructor(total: Total, rested: (ticket: Ticket) => void, awake: () => void) {
    this.#tickets = new Waiting(total)
    this.#rested = rested
    this.#awake = awake
  }

  add(ticket: Ticket, ms: number): void {
    this.#until.set(ticket, performance.now() + ms)
    this.#tickets.add(ticket)
    this.#timer ??= setTimeout(this.#look, ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    const now = performance.now()
    let soonest = Number.POSITIVE_INFINITY
    for (const ticket of this.#tickets) {
      const until = this.#until.get(ticket) as number
      if (until > now) soonest = Math.min(soonest, until)
      else {
        this.#tickets.remove(ticket)
        this.#rested(ticket)
      }
    }
    this.#timer = soonest === Number.POSITIVE_INFINITY ? undefined : setTimeout(this.#look, soonest - now)
    this.#awake()
  }
}
