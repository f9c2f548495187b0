// Keeps a crew at work: when a worker could not start, which Piscina never forgives, a new crew takes over as soon as
// the cause is gone; also when a contract needs larger workers. How a crew works is crew.ts.

import { SidelaneError, type EngineReport } from '../../model/index.ts'
import { Crew, heapMbFor, isEngineFault, loadLimitMs, type CrewOptions } from './worker-group.ts'
import { within } from './with-timeout.ts'

export interface HealerOptions extends Omit<CrewOptions, 'onLame'> {
  /** The engine of `setup`, as the main thread loaded it. */
  readonly engine: EngineReport
  /** Whether workers that cannot load it may take js. */
  readonly fallsBack: boolean
}

const firstWaitMs = 100
const maxWaitMs = 5000

export class Healer {
  readonly #options: HealerOptions
  #engine: EngineReport
  #crew: Crew | undefined
  #reason: unknown
  #timer: NodeJS.Timeout | undefined
  #replacing: Promise<void> | undefined
  #destroyed = false

  /** Rejects as `Crew.start` does. */
  static async start(options: HealerOptions): Promise<Healer> {
    const healer = new Healer(options)
    healer.#crew = await healer.#startCrew()
    return healer
  }

  private constructor(options: HealerOptions) {
    this.#options = options
    this.#engine = options.engine
  }

  /** What the workers run, and why. */
  get engine(): EngineReport {
    return this.#engine
  }

  /** undefined: nobody would answer. */
  get crew(): Crew | undefined {
    return this.#crew?.alive === true ? this.#crew : undefined
  }

  /** Why the crew is gone. */
  get reason(): unknown {
    return this.#reason
  }

  /** A contract was added: when the workers' heap is too small for its payloads, larger ones take over. */
  fit(): void {
    if (this.#replacing === undefined && this.#tooSmall) this.#replace(firstWaitMs)
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    clearTimeout(this.#timer)
    // A crew that is on its way ends as soon as it is there.
    await Promise.all([this.#crew?.destroy(), within(loadLimitMs, this.#replacing)])
  }

  async #startCrew(): Promise<Crew> {
    const options = { ...this.#options, onLame: (reason: unknown) => this.#heal(reason, firstWaitMs) }
    try {
      const crew = await Crew.start(options)
      this.#engine = this.#options.engine
      return crew
    } catch (error) {
      const cause = error instanceof SidelaneError ? error.cause : undefined
      if (!this.#options.fallsBack || !isEngineFault(cause)) throw error
      const crew = await Crew.start({ ...options, setup: { ...options.setup, engine: 'js' } })
      this.#noteFallback(cause)
      return crew
    }
  }

  #noteFallback({ message, params }: SidelaneError): void {
    const tried = (params?.['tried'] ?? []) as EngineReport['tried']
    const reason = `The workers fell back to js. ${message}`
    if (this.#engine.kind !== 'js') process.emitWarning(reason, { type: 'SidelaneWarning', code: 'SIDELANE_ENGINE' })
    this.#engine = { kind: 'js', reason, tried }
  }

  #heal(reason: unknown, waitMs: number): void {
    this.#reason = reason
    // What waits inside Piscina for a worker that never comes must be told.
    if (this.#crew?.alive === false) void this.#crew.destroy()
    this.#timer = setTimeout(() => this.#replace(waitMs), waitMs).unref()
  }

  get #tooSmall(): boolean {
    return this.#crew !== undefined && heapMbFor(this.#options.setup) > this.#crew.heapMb
  }

  #replace(waitedMs: number): void {
    this.#replacing = this.#startOther(waitedMs)
  }

  async #startOther(waitedMs: number): Promise<void> {
    try {
      const crew = await this.#startCrew()
      if (this.#destroyed) return await crew.destroy()
      const old = this.#crew
      this.#crew = crew
      void old?.retire()
    } catch (error) {
      if (!this.#destroyed) this.#heal(error, Math.min(maxWaitMs, 2 * waitedMs))
      return
    } finally {
      this.#replacing = undefined
    }
    // Contracts may have come in the meantime.
    this.fit()
  }
}
