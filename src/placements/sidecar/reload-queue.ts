// How contracts get to a launched daemon while it runs: written to its directory, then reloaded. One reload at a time, so
// that each answer of the daemon is about known contracts.

import type { LaunchContract, LaunchDirectory } from './launch-directory.ts'

export interface LaunchEvents {
  /** The daemon serves these contracts. `reloaded`: they were added to a running daemon. */
  readonly onServed: (contracts: readonly LaunchContract[], reloaded: boolean) => void
  /** The daemon cannot serve this contract; it serves those from before. */
  readonly onRefused: (contract: LaunchContract, message: string) => void
}

export interface ReloadQueueEvents extends LaunchEvents {
  /** The daemon has to read the directory. */
  readonly onReload: () => void
}

export class ReloadQueue {
  readonly #directory: LaunchDirectory
  readonly #events: ReloadQueueEvents
  /** Not written yet. */
  #queued: LaunchContract[] = []
  /** Written, without an answer of the daemon. */
  #pending: LaunchContract[] = []
  #isRunning = false
  /** One of several contracts was refused; reloading them one by one shows which. */
  #oneByOne = false

  constructor(directory: LaunchDirectory, events: ReloadQueueEvents) {
    this.#directory = directory
    this.#events = events
  }

  add(contract: LaunchContract): void {
    this.#queued.push(contract)
    // One reload for all contracts of this turn.
    if (this.#isRunning && this.#queued.length === 1) setImmediate(() => this.#next())
  }

  /** The daemon is about to start, and reads the directory then. */
  onStarting(): void {
    this.#isRunning = false
    this.#pending.push(...this.#queued.splice(0))
    for (const contract of this.#pending) this.#directory.write(contract)
  }

  onStarted(): void {
    this.#isRunning = true
    this.#onSuccess(false)
  }

  /** The daemon reloaded, or `failure` tells why it could not. */
  onReloaded(failure: string | undefined): void {
    const pending = this.#pending
    if (failure === undefined) return this.#onSuccess(true)
    this.#pending = []
    for (const contract of pending) this.#directory.delete(contract)
    const [only] = pending
    if (pending.length === 1 && only !== undefined) this.#events.onRefused(only, failure)
    else {
      this.#queued.unshift(...pending)
      this.#oneByOne = true
    }
    this.#next()
  }

  #onSuccess(reloaded: boolean): void {
    const pending = this.#pending
    this.#pending = []
    this.#events.onServed(pending, reloaded)
    this.#next()
  }

  #next(): void {
    if (!this.#isRunning || this.#pending.length > 0) return
    if (this.#queued.length === 0) {
      this.#oneByOne = false
      return
    }
    this.#pending = this.#queued.splice(0, this.#oneByOne ? 1 : this.#queued.length)
    for (const contract of this.#pending) this.#directory.write(contract)
    this.#events.onReload()
  }
}
