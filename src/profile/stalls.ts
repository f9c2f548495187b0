// The delay of the event loop, as an event that comes at any moment sees it, and what remains of it without the movable work.

import { percentile } from '../util/stats.ts'
import { probeMs } from './raw.ts'
import type { EventLoopDelay } from './record.ts'

/** Time of movable work between two moments; the spans are in ascending order and do not overlap. */
export class MovableTime {
  readonly #at: number[] = []
  readonly #until: number[] = []
  /** Movable time before each span. */
  readonly #before: number[] = []
  #total = 0

  add(at: number, lasted: number): void {
    this.#at.push(at)
    this.#until.push(at + lasted)
    this.#before.push(this.#total)
    this.#total += lasted
  }

  between(from: number, to: number): number {
    return Math.max(0, this.#upTo(to) - this.#upTo(from))
  }

  #upTo(time: number): number {
    let low = 0
    let high = this.#at.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#at[middle] as number) < time) low = middle + 1
      else high = middle
    }
    if (low === 0) return 0
    const last = low - 1
    return (this.#before[last] as number) + Math.min(time, this.#until[last] as number) - (this.#at[last] as number)
  }
}

export interface Delays {
  readonly measured: EventLoopDelay
  /** p99 without the movable work. */
  readonly p99Without: number
}

/**
 * A tick that came late also stands for the ticks that could not come meanwhile; without them a stall of a second would
 * count once.
 */
export function delaysOf(due: readonly number[], late: readonly number[], movable: MovableTime): Delays {
  const measured: number[] = []
  const without: number[] = []
  for (const [i, first] of due.entries()) {
    const end = first + (late[i] as number)
    for (let at = first; at === first || at < end; at += probeMs) {
      measured.push(end - at)
      without.push(Math.max(0, end - at - movable.between(at, end)))
    }
  }
  // Without a tick no delay is known.
  if (measured.length === 0) return { measured: { p50: 0, p99: 0, max: 0 }, p99Without: 0 }
  const sorted = Float64Array.from(measured).sort()
  return {
    measured: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) as number },
    p99Without: percentile(Float64Array.from(without).sort(), 0.99),
  }
}
