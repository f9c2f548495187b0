// The percent of a rollout over time: it climbs by steps while nothing is wrong, steps back when a guard trips, and then waits
// for a person. On the caller's clock.

export interface StepsOptions {
  /** Percents, ascending; the climb ends at the last one. */
  readonly steps: readonly number[]
  /** undefined: only persons move it. */
  readonly advance: { readonly everyMs: number; readonly minCalls: number } | undefined
  /** Where a tripped guard goes: to 0, or to the step before. */
  readonly back: 'zero' | 'step'
}

export class Steps {
  percent: number
  /** It does not climb. */
  held: boolean
  readonly #options: StepsOptions
  #since: number

  constructor(
    options: StepsOptions,
    { percent, held }: { readonly percent: number; readonly held: boolean },
    now: number,
  ) {
    this.#options = options
    this.percent = percent
    this.held = held
    this.#since = now
  }

  /** A person, or the file, says so. */
  set(percent: number, held: boolean, now: number): void {
    this.percent = percent
    this.held = held
    this.#since = now
  }

  /** A guard trips: the percent that it goes back to. */
  trip(now: number): number {
    this.set(this.#options.back === 'zero' ? 0 : this.#before(), true, now)
    return this.percent
  }

  /** Whether it is time for the next step; undefined: not yet, or there is none. `calls`: of the candidate in this step. */
  next(calls: number, now: number): number | undefined {
    const { advance, steps } = this.#options
    if (advance === undefined || this.held) return undefined
    if (calls < advance.minCalls && this.percent > 0) return undefined
    if (now - this.#since < advance.everyMs) return undefined
    return steps.find((step) => step > this.percent)
  }

  /** The greatest step below, else 0. */
  #before(): number {
    return this.#options.steps.findLast((step) => step < this.percent) ?? 0
  }
}
