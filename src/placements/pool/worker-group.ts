// Wraps Piscina: checks start-up, never passes a signal, and replaces a group whose workers cannot start. What tasks contain
// and how many run at once is not here.

import type { Worker } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { SidelaneError, type EngineReport } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import {
  readyMark,
  type BatchAnswer,
  type BatchTask,
  type HelloAnswer,
  type Task,
  type WorkerSetup,
} from './batch-layout.ts'

/** Batches that a worker holds: one runs, the next is ready when it ends. */
export const tasksPerWorker = 2

export interface WorkerGroupOptions {
  readonly threads: number
  /** undefined: the worker of this package. */
  readonly workerUrl: URL | string | undefined
  /** Read whenever a worker starts: a later worker gets every contract. */
  readonly setup: WorkerSetup
  /** A worker could not start, and Piscina does not respawn it. Called at most once. */
  readonly onBroken: (reason: unknown) => void
}

const startLimitMs = 10_000
/** Ten times what a worker needs to load. */
const loadLimitMs = 1000
/** Without buffers: the payloads have their own bound. */
const minHeapMb = 128
/** A payload as objects, its text, its canonical text: measured up to 12 bytes per byte in the js engine. */
const heapPerPayloadByte = 16
/** Without a limit V8 keeps enlarging the young generation over the first 200,000 payloads, without gain. */
const maxYoungMb = 12

export class WorkerGroup {
  /** Heap limit of a worker, in MiB. */
  readonly heapMb: number
  readonly #pool: Piscina<Task, unknown>
  readonly #threads: number
  readonly #onBroken: (reason: unknown) => void
  /** Workers that have loaded their file. */
  readonly #loaded = new WeakSet<Worker>()
  /** True before the workers are checked and after the end: faults are then reported by a rejection. */
  #isReported = true
  #isRetiring = false
  #running = 0
  #wakeWhenIdle: (() => void) | undefined

  /** Rejects with `engine.unavailable`, or `options.invalid` for a worker file of the caller, within 10 s. */
  static async start(options: WorkerGroupOptions): Promise<WorkerGroup> {
    const { Piscina } = await import('piscina')
    const file = String(options.workerUrl ?? new URL('./worker.js', import.meta.url))
    const pool = new Piscina<Task, unknown>({
      filename: file,
      name: 'run',
      workerData: options.setup,
      minThreads: options.threads,
      maxThreads: options.threads,
      // The default ends an idle worker immediately, and the next call starts a new one.
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: tasksPerWorker,
      // Used only while a dead worker is replaced: otherwise a worker is free for each task.
      maxQueue: options.threads * tasksPerWorker,
      recordTiming: false,
      // Measured: half the main-thread time of `async` and `disabled` under load.
      atomics: 'sync',
      resourceLimits: { maxOldGenerationSizeMb: heapMbFor(options.setup), maxYoungGenerationSizeMb: maxYoungMb },
    })
    const group = new WorkerGroup(pool, options, heapMbFor(options.setup))
    const startedAt = performance.now()
    try {
      await group.#checkWorkers()
      group.#isReported = false
      return group
    } catch (cause) {
      const leftMs = Math.max(0, startedAt + startLimitMs - performance.now())
      await group.destroy(Math.min(loadLimitMs, leftMs))
      const isOurs = options.workerUrl === undefined || isEngineFault(cause)
      throw new SidelaneError(isOurs ? 'engine.unavailable' : 'options.invalid', {
        message: `The pool's worker ${file} does not work: ${reasonOf(cause)}`,
        cause,
      })
    }
  }

  private constructor(pool: Piscina<Task, unknown>, options: WorkerGroupOptions, heapMb: number) {
    this.heapMb = heapMb
    this.#pool = pool
    this.#threads = options.threads
    this.#onBroken = options.onBroken
    // Without a listener an error event would end the process. Its text may quote results: it is never shown.
    pool.on('error', (error) => this.#checkCount(error))
    // For the first ones Piscina emits `workerCreate` before they have loaded.
    const first = new WeakSet(pool.threads)
    for (const thread of pool.threads) thread.once('message', () => this.#loaded.add(thread))
    pool.on('workerCreate', ({ id }) => {
      const thread = pool.threads.find(({ threadId }) => threadId === id)
      if (thread !== undefined && !first.has(thread)) this.#loaded.add(thread)
    })
    // When a worker ends before it has started, Piscina rejects its tasks only; without a task there is no other event.
    // Piscina updates its workers after this event, so they are counted later.
    pool.on('workerDestroy', () =>
      setImmediate(() => this.#checkCount(new Error('A worker ended before it had started.'))),
    )
  }

  /** False: no worker is left, and a task would never settle. */
  get isAlive(): boolean {
    return this.#pool.threads.length > 0
  }

  /** Rejects when the worker dies. */
  async run(task: BatchTask): Promise<BatchAnswer> {
    this.#running++
    try {
      return (await this.#pool.run(task)) as BatchAnswer
    } catch (error) {
      this.#checkCount(error)
      throw error
    } finally {
      this.#running--
      if (this.#running === 0) this.#wakeWhenIdle?.()
    }
  }

  /** Terminates one worker; its batches reject, and Piscina replaces it. */
  kill(thread: number): void {
    void this.#pool.threads.find(({ threadId }) => threadId === thread)?.terminate()
  }

  /** Ends the workers when their tasks are done. */
  async retire(): Promise<void> {
    this.#isRetiring = true
    if (this.#running > 0 && this.isAlive) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
    await this.destroy()
  }

  /** Ends the workers; their tasks reject. A worker that is loading may finish loading within `graceMs`. */
  async destroy(graceMs: number = loadLimitMs): Promise<void> {
    this.#isReported = true
    await withTimeout(graceMs, this.#finishLoading())
    await this.#pool.destroy()
  }

  /** A worker that is terminated while it loads crashes the process (require of a module), or leaves files open (import). */
  async #finishLoading(): Promise<void> {
    for (let thread = this.#loading; thread !== undefined; thread = this.#loading) {
      await firstEventOf(thread)
      this.#loaded.add(thread)
    }
  }

  get #loading(): Worker | undefined {
    return this.#pool.threads.find((thread) => !this.#loaded.has(thread))
  }

  /** Reports the group as broken when it has lost a worker. */
  #checkCount(reason: unknown): void {
    if (this.#isReported || this.#pool.threads.length >= this.#threads) return
    if (this.#isRetiring) return this.isAlive ? undefined : void this.destroy()
    this.#isReported = true
    this.#onBroken(reason)
  }

  /** One hello per worker: Piscina prefers an idle one, so that each gets one. */
  async #checkWorkers(): Promise<void> {
    const hello = async (): Promise<void> => {
      const answer = (await this.#pool.run({ hello: true })) as Partial<HelloAnswer> | undefined
      if (answer?.ready !== readyMark) throw new Error('it is not the worker of this version of sidelane')
    }
    const answers = Promise.all(Array.from({ length: this.#threads }, hello))
    if (!(await withTimeout(startLimitMs, answers))) throw new Error(`no answer within ${startLimitMs} ms`)
  }
}

/** A worker's first message is Piscina's ready message; a worker that cannot load exits. */
const firstEventOf = (thread: Worker): Promise<void> =>
  new Promise((resolve) => {
    thread.once('message', () => resolve()).once('exit', () => resolve())
  })

/** Whether the worker could not load its engine. */
const isEngineFault = (cause: unknown): cause is SidelaneError =>
  (cause as Partial<SidelaneError> | undefined)?.code === 'engine.unavailable'

/** The heap that a worker needs for the largest payload of its contracts, in MiB. */
const heapMbFor = ({ contracts }: WorkerSetup): number =>
  contracts.reduce(
    (most, { maxBytes }) => Math.max(most, Math.ceil((maxBytes * heapPerPayloadByte) / 2 ** 20)),
    minHeapMb,
  )

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export interface SupervisorOptions extends Omit<WorkerGroupOptions, 'onBroken'> {
  /** The engine of `setup`, as the main thread loaded it. */
  readonly engine: EngineReport
  /** Whether workers that cannot load it may use js. */
  readonly fallsBack: boolean
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
    const { group, engine } = await startGroup(options, (reason) => supervisor?.onBroken(reason))
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
  onBroken(reason: unknown): void {
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
      const { group, engine } = await startGroup(this.#options, (reason) => this.onBroken(reason))
      if (this.#destroyed) return await group.destroy()
      warnOfFallback(this.engine, engine)
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

/** True when the work is done, false when the time is over. Rejects when the work rejects within the time. */
async function withTimeout(limitMs: number, work: Promise<unknown> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)))
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
