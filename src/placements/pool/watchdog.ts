// Ends a worker that hangs at one payload: its callers were answered at their deadlines, but its place would be lost for
// ever. A slow worker is not a hung one, so the limit is far above anything measured.

import type { Lane } from './batch-layout.ts'
import type { Ticket } from './queue.ts'

/** What a worker has, from the moment it is sent to the moment it is answered. */
export interface Watched {
  readonly tickets: readonly Ticket[]
  readonly lane: Lane
}

interface Sight {
  readonly item: number
  readonly since: number
}

/** Also the least time between two kills: replacing workers faster would be a fault of its own. */
const lookEveryMs = 1000
const leastLimitMs = 1000
/** A payload may take this many times what its size takes on average. */
const patience = 20

export class Watchdog<T extends Watched> {
  readonly #sights = new Map<T, Sight | undefined>()
  readonly #expectedMs: (bytes: number) => number
  readonly #kill: (batch: T, thread: number) => void
  #timer: NodeJS.Timeout | undefined

  constructor(expectedMs: (bytes: number) => number, kill: (batch: T, thread: number) => void) {
    this.#expectedMs = expectedMs
    this.#kill = kill
  }

  watch(batch: T): void {
    this.#sights.set(batch, undefined)
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref()
  }

  forget(batch: T): void {
    this.#sights.delete(batch)
  }

  #look(): void {
    if (this.#sights.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    const now = performance.now()
    for (const [batch, sight] of this.#sights) {
      const item = batch.lane.current(batch.tickets.length)
      if (item < 0) continue
      if (sight?.item !== item) this.#sights.set(batch, { item, since: now })
      else if (now - sight.since >= this.#limitMs(batch.tickets[item] as Ticket)) {
        this.#sights.delete(batch)
        return this.#kill(batch, batch.lane.thread(item))
      }
    }
  }

  #limitMs({ length }: Ticket): number {
    return Math.max(leastLimitMs, patience * this.#expectedMs(length))
  }
}
