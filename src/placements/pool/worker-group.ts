// Piscina, tamed: started with a check that its workers really work, never given a signal, never trusted to answer when
// it has no workers left. What the tasks hold and how many run at once is not here.

import type { Worker } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { SidelaneError } from '../../model/index.ts'
import { within } from './with-timeout.ts'
import {
  readyMark,
  type BatchAnswer,
  type BatchTask,
  type HelloAnswer,
  type Task,
  type WorkerSetup,
} from './batch-layout.ts'

/** Batches that a worker holds: one runs, the next is there when it ends. */
export const tasksPerWorker = 2

export interface CrewOptions {
  readonly threads: number
  /** undefined: the worker of this package. */
  readonly workerUrl: URL | string | undefined
  /** Read whenever a worker starts, so that a late one knows every contract. */
  readonly setup: WorkerSetup
  /** A worker could not start: Piscina will not try again. Called at most once. */
  readonly onLame: (reason: unknown) => void
}

const startLimitMs = 10_000
/** A worker loads in a tenth of it. */
export const loadLimitMs = 1000
/** Buffers are not in this figure: the payloads have their own bound. */
const leastHeapMb = 128
/** A payload as objects, its text, its canonical text: measured up to 12 bytes a byte in the js engine. */
const heapPerPayloadByte = 16
/** Left to itself V8 enlarges the nursery again and again over the first 200,000 payloads, to no gain. */
const maxNurseryMb = 12

export class Crew {
  /** What the heap of a worker may hold, in MiB. */
  readonly heapMb: number
  readonly #pool: Piscina<Task, unknown>
  readonly #threads: number
  readonly #onLame: (reason: unknown) => void
  /** Workers that have loaded their file. */
  readonly #loaded = new WeakSet<Worker>()
  /** True before the workers are checked and after the end: what happens then is told by a rejection. */
  #lame = true
  #retiring = false
  #running = 0
  #wakeWhenIdle: (() => void) | undefined

  /** Rejects with `engine.unavailable`, or `options.invalid` for a worker file of the caller, within 10 s. */
  static async start(options: CrewOptions): Promise<Crew> {
    const { Piscina } = await import('piscina')
    const file = String(options.workerUrl ?? new URL('./worker.js', import.meta.url))
    const pool = new Piscina<Task, unknown>({
      filename: file,
      name: 'run',
      workerData: options.setup,
      minThreads: options.threads,
      maxThreads: options.threads,
      // The default ends an idle worker at once and pays for a new one at the next call.
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: tasksPerWorker,
      // Only while a dead worker is replaced: otherwise a task finds its worker free.
      maxQueue: options.threads * tasksPerWorker,
      recordTiming: false,
      // Measured: half the main-thread time of `async` and `disabled` once tasks follow each other.
      atomics: 'sync',
      resourceLimits: { maxOldGenerationSizeMb: heapMbFor(options.setup), maxYoungGenerationSizeMb: maxNurseryMb },
    })
    const crew = new Crew(pool, options, heapMbFor(options.setup))
    const startedAt = performance.now()
    try {
      await crew.#checkWorkers()
      crew.#lame = false
      return crew
    } catch (cause) {
      const leftMs = Math.max(0, startedAt + startLimitMs - performance.now())
      await crew.destroy(Math.min(loadLimitMs, leftMs))
      const ours = options.workerUrl === undefined || isEngineFault(cause)
      throw new SidelaneError(ours ? 'engine.unavailable' : 'options.invalid', {
        message: `The pool's worker ${file} does not work: ${reasonOf(cause)}`,
        cause,
      })
    }
  }

  private constructor(pool: Piscina<Task, unknown>, options: CrewOptions, heapMb: number) {
    this.heapMb = heapMb
    this.#pool = pool
    this.#threads = options.threads
    this.#onLame = options.onLame
    // Without a listener an error event would end the process. Its text may quote results: it is never shown.
    pool.on('error', (error) => this.#noticeLame(error))
    // Of the first ones Piscina says that they are there before they have loaded.
    const first = new WeakSet(pool.threads)
    for (const thread of pool.threads) thread.once('message', () => this.#loaded.add(thread))
    pool.on('workerCreate', ({ id }) => {
      const thread = pool.threads.find(({ threadId }) => threadId === id)
      if (thread !== undefined && !first.has(thread)) this.#loaded.add(thread)
    })
    // Of a worker that ends before it has started, Piscina tells its tasks alone; without one it tells nobody. Both ends are
    // noticed later than here, so this look comes after them.
    pool.on('workerDestroy', () =>
      setImmediate(() => this.#noticeLame(new Error('A worker ended before it had started.'))),
    )
  }

  /** False: no worker is left, and Piscina would never answer. */
  get alive(): boolean {
    return this.#pool.threads.length > 0
  }

  /** Rejects when the worker dies. */
  async run(task: BatchTask): Promise<BatchAnswer> {
    this.#running++
    try {
      return (await this.#pool.run(task)) as BatchAnswer
    } catch (error) {
      this.#noticeLame(error)
      throw error
    } finally {
      this.#running--
      if (this.#running === 0) this.#wakeWhenIdle?.()
    }
  }

  /** Ends one worker, wherever it is; its batches reject, and another takes its place. */
  kill(thread: number): void {
    void this.#pool.threads.find(({ threadId }) => threadId === thread)?.terminate()
  }

  /** Ends the workers when they have done what they have. */
  async retire(): Promise<void> {
    this.#retiring = true
    if (this.#running > 0 && this.alive) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
    await this.destroy()
  }

  /** Ends the workers; what they have then rejects. One that has begun to load may finish that within `graceMs`. */
  async destroy(graceMs: number = loadLimitMs): Promise<void> {
    this.#lame = true
    await within(graceMs, this.#finishLoading())
    await this.#pool.destroy()
  }

  /** Ended while it loads, a worker takes the process along (require of a module), or leaves files open (import). */
  async #finishLoading(): Promise<void> {
    for (let thread = this.#loading; thread !== undefined; thread = this.#loading) {
      await firstSignOf(thread)
      this.#loaded.add(thread)
    }
  }

  get #loading(): Worker | undefined {
    return this.#pool.threads.find((thread) => !this.#loaded.has(thread))
  }

  #noticeLame(reason: unknown): void {
    if (this.#lame || this.#pool.threads.length >= this.#threads) return
    if (this.#retiring) return this.alive ? undefined : void this.destroy()
    this.#lame = true
    this.#onLame(reason)
  }

  /** One hello a worker: an idle one is always preferred, so that each gets one. */
  async #checkWorkers(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${startLimitMs} ms`)), startLimitMs)
    })
    const hello = async (): Promise<void> => {
      const answer = (await this.#pool.run({ hello: true })) as Partial<HelloAnswer> | undefined
      if (answer?.ready !== readyMark) throw new Error('it is not the worker of this version of sidelane')
    }
    try {
      await Promise.race([Promise.all(Array.from({ length: this.#threads }, hello)), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Piscina's worker says that it is ready, and ours nothing before; one that cannot load ends. */
const firstSignOf = (thread: Worker): Promise<void> =>
  new Promise((resolve) => {
    thread.once('message', () => resolve()).once('exit', () => resolve())
  })

/** Whether it is the engine that a worker could not load. */
export const isEngineFault = (cause: unknown): cause is SidelaneError =>
  (cause as Partial<SidelaneError> | undefined)?.code === 'engine.unavailable'

/** What a worker's heap must hold for the largest payload of its contracts, in MiB. */
export const heapMbFor = ({ contracts }: WorkerSetup): number =>
  contracts.reduce(
    (most, { maxBytes }) => Math.max(most, Math.ceil((maxBytes * heapPerPayloadByte) / 2 ** 20)),
    leastHeapMb,
  )

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
