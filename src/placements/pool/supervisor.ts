// Replaces the workers of the pool: when one cannot start, and when a contract needs a larger heap.

import { RestartCounter, SidelaneError, type LoadedEngineReport } from '../../model/index.ts'
import { warnOfFallback } from '../../engine/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { withTimeout } from '../../util/with-timeout.ts'
import { heapMbFor, isEngineFault, waitLimitMs, WorkerGroup, type WorkerGroupOptions } from './worker-group.ts'

export interface SupervisorOptions extends Omit<WorkerGroupOptions, 'onBroken' | 'restarts'> {
  /** The engine of `setup`, as the main thread loaded it. */
  readonly engine: LoadedEngineReport
  /** Whether workers that cannot load it may use js. */
  readonly fallsBack: boolean
  /** Another group has taken over. */
  readonly onReplaced: () => void
}

/**
 * Replaces the group when a worker could not start (Piscina does not respawn it), as soon as the cause is gone, and when a
 * contract needs workers with a larger heap.
 */
export class Supervisor {
  /** The group that runs tasks; it may have no workers left. */
  group: WorkerGroup
  /** Why it is broken. */
  reason: unknown
  /** The engine of the workers. */
  engine: LoadedEngineReport
  readonly restarts: RestartCounter
  readonly #options: SupervisorOptions
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 5000 })
  #timer: NodeJS.Timeout | undefined
  #replacement: Promise<void> | undefined
  #destroyed = false

  /** Rejects as `WorkerGroup.start` does. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    let supervisor: Supervisor | undefined
    const restarts = new RestartCounter()
    // Called after the start only: a group that breaks before rejects.
    const onBroken = (reason: unknown): void => supervisor?.onBroken(reason)
    const { group, engine } = await startGroup({ ...options, onBroken, restarts })
    supervisor = new Supervisor(options, group, engine, restarts)
    return supervisor
  }

  private constructor(
    options: SupervisorOptions,
    group: WorkerGroup,
    engine: LoadedEngineReport,
    restarts: RestartCounter,
  ) {
    this.restarts = restarts
    this.#options = options
    this.group = group
    this.engine = engine
  }

  /**
   * The heap limit that workers cannot exceed, in MiB, or infinity; of the native engine, which has its memory outside of
   * the heap, infinity too.
   */
  get mostHeapMb(): number {
    return this.engine.kind === 'js' && this.group.hasFixedHeap ? this.group.heapMb : Number.POSITIVE_INFINITY
  }

  /** After a contract was added: replaces the group when its heap is too small for the contract's payloads. */
  fit(): void {
    const { group } = this
    if (this.#replacement !== undefined || group.hasFixedHeap) return
    if (heapMbFor({ ...this.#options.setup, engine: this.engine.kind }) > group.heapMb) this.#replace()
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    clearTimeout(this.#timer)
    // A group that is starting is destroyed when it has started.
    await Promise.all([this.group.destroy(), withTimeout(waitLimitMs, this.#replacement)])
  }

  /** A worker of the group could not start. */
  onBroken(reason: unknown): void {
    this.reason = reason
    this.restarts.add('load')
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
      const onBroken = (reason: unknown): void => this.onBroken(reason)
      const { group, engine } = await startGroup({ ...this.#options, onBroken, restarts: this.restarts })
      if (this.#destroyed) return await group.destroy()
      const old = this.group
      this.group = group
      this.engine = engine
      this.#backoff.reset()
      void old.retire()
    } catch (error) {
      if (!this.#destroyed) this.onBroken(error)
      return
    } finally {
      this.#replacement = undefined
    }
    // Contracts may have been added during the start.
    this.fit()
    this.#options.onReplaced()
  }
}

async function startGroup(
  options: SupervisorOptions & WorkerGroupOptions,
): Promise<Pick<Supervisor, 'group' | 'engine'>> {
  try {
    return { group: await WorkerGroup.start(options), engine: options.engine }
  } catch (error) {
    const cause = error instanceof SidelaneError ? error.cause : undefined
    if (!options.fallsBack || !isEngineFault(cause)) throw error
    // The records of contracts that are added later belong to the same setup object.
    const setup = { ...options.setup, engine: 'js' as const }
    const group = await WorkerGroup.start({ ...options, setup })
    const engine = fallbackReport(cause)
    warnOfFallback('auto', engine)
    return { group, engine }
  }
}

function fallbackReport({ message, params }: SidelaneError): LoadedEngineReport {
  const tried = (params?.['tried'] ?? []) as LoadedEngineReport['tried']
  return { kind: 'js', reason: `The workers fell back to js. ${message}`, tried }
}
