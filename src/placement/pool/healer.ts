// Keeps a crew at work: when a worker could not start, which Piscina never forgives, a new crew takes over as soon as
// the cause is gone. How a crew works is crew.ts.

import { Crew, type CrewOptions } from './crew.ts'

const firstWaitMs = 100
const maxWaitMs = 5000

export class Healer {
  readonly #options: Omit<CrewOptions, 'onLame'>
  #crew: Crew | undefined
  #reason: unknown
  #timer: NodeJS.Timeout | undefined
  #destroyed = false

  /** Rejects as `Crew.start` does. */
  static async start(options: Omit<CrewOptions, 'onLame'>): Promise<Healer> {
    const healer = new Healer(options)
    healer.#crew = await healer.#startCrew()
    return healer
  }

  private constructor(options: Omit<CrewOptions, 'onLame'>) {
    this.#options = options
  }

  /** undefined: nobody would answer. */
  get crew(): Crew | undefined {
    return this.#crew?.alive === true ? this.#crew : undefined
  }

  /** Why the crew is gone. */
  get reason(): unknown {
    return this.#reason
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    clearTimeout(this.#timer)
    await this.#crew?.destroy()
  }

  #startCrew(): Promise<Crew> {
    return Crew.start({ ...this.#options, onLame: (reason) => this.#heal(reason, firstWaitMs) })
  }

  #heal(reason: unknown, waitMs: number): void {
    this.#reason = reason
    // What waits inside Piscina for a worker that never comes must be told.
    if (this.#crew?.alive === false) void this.#crew.destroy()
    this.#timer = setTimeout(() => void this.#replace(waitMs), waitMs).unref()
  }

  async #replace(waitedMs: number): Promise<void> {
    try {
      const crew = await this.#startCrew()
      if (this.#destroyed) return await crew.destroy()
      const old = this.#crew
      this.#crew = crew
      await old?.retire()
    } catch (error) {
      if (!this.#destroyed) this.#heal(error, Math.min(maxWaitMs, 2 * waitedMs))
    }
  }
}
