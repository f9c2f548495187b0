// Replaces a group of workers when one could not start (Piscina does not respawn it), as soon as the cause is gone, and when
// a contract needs workers with a larger heap. How a group runs tasks: worker-group.ts.

import { SidelaneError, type EngineReport } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { withTimeout } from '../../util/timeout.ts'
import { heapMbFor, isEngineFault, loadLimitMs, WorkerGroup, type WorkerGroupOptions } from './worker-group.ts'

export interface SupervisorOptions extends Omit<WorkerGroupOptions, 'onBroken'> {
  /** The engine of `setup`, as the main thread loaded it. */
  readonly engine: EngineReport
  /** Whether workers that cannot load it may use js. */
  readonly fallsBack: boolean
}

export class Supervisor {
  /** The group that runs tasks; it may have no workers left. */
  group: WorkerGroup
  /** Why it is broken. */
  reason: unknown
  /** The engine of the workers. */
  engine: EngineReport
  readonly #options: SupervisorOptions
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 5000 })
  #timer: NodeJS.Timeout | undefined
  #replacement: Promise<void> | undefined
  #destroyed = false

  /** Rejects as `WorkerGroup.start` does. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    let supervisor: Supervisor | undefined
    // Called after the start only: a group that breaks before rejects.
    const { group, engine } = await startGroup(options, (reason) => supervisor?.noteBroken(reason))
    warnOfFallback(options.engine, engine)
    supervisor = new Supervisor(options, group, engine)
    return supervisor
  }

  private constructor(options: SupervisorOptions, group: WorkerGroup, engine: EngineReport) {
    this.#options = options
    this.group = group
    this.engine = engine
  }

  /** After a contract was added: replaces the group when its heap is too small for the contract's payloads. */
  fit(): void {
    if (this.#replacement === undefined && heapMbFor(this.#options.setup) > this.group.heapMb) this.#replace()
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    clearTimeout(this.#timer)
    // A group that is starting is destroyed when it has started.
    await Promise.all([this.group.destroy(), withTimeout(loadLimitMs, this.#replacement)])
  }

  /** A worker of the group could not start. */
  noteBroken(reason: unknown): void {
    this.reason = reason
    // Tasks that wait inside Piscina for a worker that never comes must reject.
    if (!this.group.isAlive) void this.group.destroy()
    this.#backoff.fail()
    this.#timer = setTimeout(() => this.#replace(), this.#backoff.waitMs).unref()
  }

  #replace(): void {
    this.#replacement = this.#startOther()
  }

  async #startOther(): Promise<void> {
    try {
      const { group, engine } = await startGroup(this.#options, (reason) => this.noteBroken(reason))
      if (this.#destroyed) return await group.destroy()
      warnOfFallback(this.engine, engine)
      const old = this.group
      this.group = group
      this.engine = engine
      this.#backoff.reset()
      void old.retire()
    } catch (error) {
      if (!this.#destroyed) this.noteBroken(error)
      return
    } finally {
      this.#replacement = undefined
    }
    // Contracts may have been added in the meantime.
    this.fit()
  }
}

async function startGroup(
  options: SupervisorOptions,
  onBroken: (reason: unknown) => void,
): Promise<Pick<Supervisor, 'group' | 'engine'>> {
  try {
    return { group: await WorkerGroup.start({ ...options, onBroken }), engine: options.engine }
  } catch (error) {
    const cause = error instanceof SidelaneError ? error.cause : undefined
    if (!options.fallsBack || !isEngineFault(cause)) throw error
    // The records of contracts that are added later belong to the same setup object.
    const setup = { ...options.setup, engine: 'js' as const }
    return { group: await WorkerGroup.start({ ...options, setup, onBroken }), engine: fallbackReport(cause) }
  }
}

function fallbackReport({ message, params }: SidelaneError): EngineReport {
  const tried = (params?.['tried'] ?? []) as EngineReport['tried']
  return { kind: 'js', reason: `The workers fell back to js. ${message}`, tried }
}

function warnOfFallback(before: EngineReport, { kind, reason }: EngineReport): void {
  if (before.kind === 'js' || kind !== 'js') return
  process.emitWarning(reason, { type: 'SidelaneWarning', code: 'SIDELANE_ENGINE' })
}
