// The worker threads of one contract, for its payloads that take too long where requests run at first. They start with the
// first such payload and end when there is none for two seconds. The system shares the cores between the workers of all
// contracts, so that no contract waits for another one's payloads. native/daemon/src/spare_threads.rs is the twin.

import { resolveHostOptions, SidelaneError, type Call, type Holder, type KeyedContract } from '../model/index.ts'
import type { Engine } from '../engine/index.ts'
import { PoolPlacement } from '../placements/index.ts'

/**
 * After a payload that was ended, the contract's next ones go to its spare worker at once: the thread that ended it loses at
 * most a fifth of its time to such payloads of one contract.
 */
const offloadMs = 100
/** Time without a call after which the workers end; starting them again takes about 100 ms. */
const idleMs = 2000

export interface SpareWorkerOptions {
  readonly engine: Engine
  /** Of one contract. */
  readonly threads: number
  readonly workerUrl: URL | string | undefined
}

export class SpareWorker implements Holder {
  readonly #keyed: KeyedContract
  readonly #options: SpareWorkerOptions
  #pool: PoolPlacement | undefined
  #start: Promise<void> | undefined
  /** Calls that came before the worker had started. */
  readonly #waiting = new Set<Call>()
  /** Calls that wait or run. */
  #calls = 0
  #idle: NodeJS.Timeout | undefined
  #offloadUntil = 0
  #isStopped = false

  constructor(keyed: KeyedContract, options: SpareWorkerOptions) {
    this.#keyed = keyed
    this.#options = options
  }

  /** True when payloads go to the worker without a try. */
  isOffloading(now: number): boolean {
    return now < this.#offloadUntil
  }

  /** A payload was ended. */
  beginOffloading(now: number): void {
    this.#offloadUntil = now + offloadMs
  }

  /** Calls that the worker has not taken. */
  get queued(): number {
    return this.#waiting.size + (this.#pool?.queued ?? 0)
  }

  run(call: Call): void {
    this.#calls++
    clearTimeout(this.#idle)
    if (this.#pool !== undefined) return this.#pool.run(call)
    call.phase = 'queued'
    call.holder = this
    this.#waiting.add(call)
    this.#start ??= this.#open()
  }

  release(call: Call): void {
    this.#waiting.delete(call)
  }

  /** A call has ended. */
  ended(): void {
    if (--this.#calls === 0) this.#endLater()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#idle)
    await this.#start
    await this.#pool?.stop()
  }

  #endLater(): void {
    clearTimeout(this.#idle)
    if (!this.#isStopped) this.#idle = setTimeout(this.#end, idleMs).unref()
  }

  /** The next call starts them again. */
  readonly #end = (): void => {
    const pool = this.#pool
    // The workers are still starting.
    if (pool === undefined) return
    this.#pool = undefined
    this.#start = undefined
    void pool.stop()
  }

  async #open(): Promise<void> {
    const { engine, threads, workerUrl } = this.#options
    const options = resolveHostOptions({ placement: 'pool', engine: engine.report.kind, threads, workerUrl }, threads)
    try {
      const pool = await PoolPlacement.start(options, engine, [this.#keyed], setImmediate)
      if (this.#isStopped) return await pool.stop()
      pool.contractIndexOf = () => 0
      this.#pool = pool
      if (this.#calls === 0) this.#endLater()
      for (const call of this.#take()) pool.run(call)
    } catch (error) {
      // The next payload tries again.
      this.#start = undefined
      const fault = new SidelaneError('unavailable', { message: 'No spare worker could be started.', cause: error })
      for (const call of this.#take()) call.fail(fault)
    }
  }

  #take(): Call[] {
    const calls = [...this.#waiting]
    this.#waiting.clear()
    return calls
  }
}
