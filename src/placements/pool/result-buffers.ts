// The lanes of a pool: result buffers, used again and again. What is in one is batch.ts.

import { Lane } from './batch-layout.ts'
import type { Ticket } from './queue.ts'

const usualBytes = 256 * 1024
/** Larger lanes are made for one task and given back to the system. */
const mostKeptBytes = 1024 * 1024
/** Per item: the outcome's head, and growth of small payloads. */
const slackBytes = 512
/** A rejected payload lists up to 32 issues with pointers; few do in one batch. */
const issueBytes = 16 * 1024

export class Lanes {
  readonly #most: number
  readonly #free: Lane[] = []

  /** Keeps at most `most` lanes. */
  constructor(most: number) {
    this.#most = most
  }

  /** A lane that most likely holds all outcomes; a worker sends the others beside it. */
  take(tickets: readonly Ticket[]): Lane {
    let need = Lane.headBytes(tickets.length) + issueBytes
    for (const { call, length } of tickets) need += (call.canonical ? 2 * length : length) + slackBytes
    if (need > mostKeptBytes) return Lane.ofSize(need)
    // A lane that is too small makes place for one that is not: memory that is new to a worker costs it a page fault each 4
    // KiB, and the collector is called for it.
    const lane = this.#free.pop()
    return lane !== undefined && lane.bytes.length >= need
      ? lane
      : Lane.ofSize(need > usualBytes ? mostKeptBytes : usualBytes)
  }

  giveBack(lane: Lane): void {
    if (lane.bytes.length <= mostKeptBytes && this.#free.length < this.#most) this.#free.push(lane)
  }
}
