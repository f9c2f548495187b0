// Wraps Piscina: checks start-up, never passes a signal, and reports a group whose workers cannot start. What tasks contain and
// how many run at once is not here.

import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { contractsHeapMb, SidelaneError, type RestartCause, type RestartCounter } from '../../model/index.ts'
import { errorText } from '../../util/error-text.ts'
import { packageFile } from '../../util/package-files.ts'
import { withTimeout } from '../../util/with-timeout.ts'
import { notPermitted } from '../not-permitted.ts'
import { loadPiscina } from './load-piscina.ts'
import {
  errorExitCode,
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
  readonly restarts: RestartCounter
}

const startLimitMs = 10_000
/** How long an end waits for workers that load: ten times what one needs. */
export const waitLimitMs = 1000
/** Without buffers: the payloads have their own bound. */
const minHeapMb = 128
/** Without a limit V8 keeps enlarging the young generation over the first 200,000 payloads, without gain. */
const maxYoungMb = 12

export class WorkerGroup {
  /** The least heap limit of a worker, in MiB. */
  heapMb: number
  readonly #pool: Piscina<Task, unknown>
  readonly #threads: number
  readonly #onBroken: (reason: unknown) => void
  readonly #restarts: RestartCounter
  /** The heap limit that was asked for. */
  readonly #askedMb: number
  /** Workers that are ended because they hang. */
  readonly #hung = new WeakSet<Worker>()
  readonly #watched = new WeakSet<Worker>()
  /** Workers that have loaded their file. */
  readonly #loaded = new WeakSet<Worker>()
  /** True before the workers are checked and after the end: faults are then reported by a rejection. */
  #isReported = true
  #isRetiring = false
  #running = 0
  #wakeWhenIdle: (() => void) | undefined

  /** Rejects with `engine.unavailable`, or `options.invalid` for a worker file of the caller, within 10 s. */
  static async start(options: WorkerGroupOptions): Promise<WorkerGroup> {
    const isOwnFile = options.workerUrl === undefined
    const file = String(options.workerUrl ?? pathToFileURL(packageFile('dist/worker.js')))
    const pool = openPool({
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
      // A worker runs no code of the app. Its preloads (--import, --require, --loader) would cost start time in each worker, and
      // one that makes a pool would start workers without end. Yarn PnP loads packages by a preload.
      ...(isOwnFile && process.versions['pnp'] === undefined && { execArgv: [] }),
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
      await group.destroy(leftMs)
      const isOurs = isOwnFile || isEngineFault(cause)
      throw new SidelaneError(isOurs ? 'engine.unavailable' : 'options.invalid', {
        message: `The pool's worker ${file} does not work: ${errorText(cause)}`,
        cause,
      })
    }
  }

  private constructor(pool: Piscina<Task, unknown>, options: WorkerGroupOptions, heapMb: number) {
    this.heapMb = heapMb
    this.#askedMb = heapMb
    this.#restarts = options.restarts
    this.#pool = pool
    this.#threads = options.threads
    this.#onBroken = options.onBroken
    // Without a listener an error event would end the process. Its text may quote results: it is never shown.
    pool.on('error', (error) => this.#checkCount(error))
    this.#watchNew()
    pool.on('workerCreate', ({ id }) => {
      const thread = pool.threads.find(({ threadId }) => threadId === id)
      if (thread === undefined || this.#watched.has(thread)) return
      // Piscina emits this for later workers when they have loaded, for the first ones before.
      this.#watch(thread)
      this.#loaded.add(thread)
    })
    // When a worker ends before it has started, Piscina rejects its tasks only; without a task there is no other event.
    // Piscina updates its workers after this event, so they are counted later.
    pool.on('workerDestroy', () =>
      setImmediate(() => {
        this.#watchNew()
        this.#checkCount(new Error('A worker ended before it had started.'))
      }),
    )
  }

  #watchNew(): void {
    for (const thread of this.#pool.threads) if (!this.#watched.has(thread)) this.#watch(thread)
  }

  /** Counts its end, unless the group ends. */
  #watch(thread: Worker): void {
    this.#watched.add(thread)
    let cause: RestartCause | undefined
    thread
      .once('message', () => this.#loaded.add(thread))
      .once('error', ({ code }: NodeJS.ErrnoException) => {
        cause = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'error'
      })
      .once('exit', (code) => {
        // One that did not load is counted when the group is replaced.
        if (this.#isReported || this.#isRetiring || !this.#loaded.has(thread)) return
        if (this.#hung.has(thread)) cause = 'hung'
        this.#restarts.add(cause ?? (code === errorExitCode ? 'error' : 'exit'))
      })
  }

  /** True where the limits of the workers are not those that they are started with: the process has a flag that wins. */
  get hasFixedHeap(): boolean {
    return Math.abs(this.heapMb - this.#askedMb - maxYoungMb) > 1
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
    const worker = this.#pool.threads.find(({ threadId }) => threadId === thread)
    if (worker === undefined) return
    this.#hung.add(worker)
    void worker.terminate()
  }

  /** Ends the workers when their tasks are done. */
  async retire(): Promise<void> {
    this.#isRetiring = true
    if (this.#running > 0 && this.isAlive) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
    await this.destroy()
  }

  /**
   * Ends the workers; their tasks reject. A worker that loads ends when it has loaded, or after `limitMs`; after a second it
   * is no longer waited for, and does not keep the process alive.
   */
  async destroy(limitMs: number = startLimitMs): Promise<void> {
    this.#isReported = true
    const loading = this.#finishLoading()
    const hasLoaded = await withTimeout(Math.min(waitLimitMs, limitMs), loading)
    if (hasLoaded || limitMs <= waitLimitMs) return await this.#pool.destroy()
    for (const thread of this.#pool.threads) thread.unref()
    const timer = setTimeout(() => void this.#pool.destroy(), limitMs - waitLimitMs).unref()
    void loading.then(() => {
      clearTimeout(timer)
      return this.#pool.destroy()
    })
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
    const heaps: number[] = []
    const hello = async (): Promise<void> => {
      const answer = (await this.#pool.run({ hello: true })) as Partial<HelloAnswer> | undefined
      if (answer?.ready !== readyMark) throw new Error('it is not the worker of this version of sidelane')
      heaps.push(answer.heapMb ?? this.heapMb)
    }
    const answers = Promise.all(Array.from({ length: this.#threads }, hello))
    if (!(await withTimeout(startLimitMs, answers))) throw new Error(`no answer within ${startLimitMs} ms`)
    this.heapMb = Math.min(...heaps)
  }
}

/** Throws `engine.unavailable` without Piscina, and where worker threads are not permitted. */
function openPool(options: ConstructorParameters<typeof Piscina>[0]): Piscina<Task, unknown> {
  const { Piscina: Pool } = loadPiscina()
  try {
    return new Pool<Task, unknown>(options)
  } catch (error) {
    throw notPermitted('Worker threads are', error) ?? error
  }
}

/** A worker's first message is Piscina's ready message; a worker that cannot load exits. */
const firstEventOf = (thread: Worker): Promise<void> =>
  new Promise((resolve) => {
    thread.once('message', () => resolve()).once('exit', () => resolve())
  })

/** Whether the worker could not load its engine. */
export const isEngineFault = (cause: unknown): cause is SidelaneError =>
  (cause as Partial<SidelaneError> | undefined)?.code === 'engine.unavailable'

/** The heap that a worker needs for its contracts and the most expensive payload that they admit, in MiB. */
export function heapMbFor({ engine, contracts }: WorkerSetup): number {
  let lockBytes = 0
  let most = minHeapMb
  for (const { lock, heapMb } of contracts) {
    lockBytes += lock.length
    // The native engine has its memory outside of the heap.
    if (engine === 'js' && heapMb > most) most = heapMb
  }
  return most + contractsHeapMb(lockBytes)
}
