// The life cycle: ready → closing → closed. Refuses late calls, waits for accepted ones, or fails them. What a
// placement has to stop is given to it.

import { SidelaneError, type Call, type Layer, type Lifecycle, type State } from '../model/index.ts'

export interface LifeOptions {
  /** For messages. */
  readonly what: 'host' | 'processor'
  /** The calls without an answer. */
  readonly calls: Iterable<Call>
  /** Resolves when there are none. */
  readonly idle: () => Promise<void>
  /** Runs once, when no accepted call is left. */
  readonly stop?: () => Promise<void>
}

export class Life implements Lifecycle {
  #state: State = 'ready'
  readonly #what: string
  readonly #stop: () => Promise<void>
  readonly #calls: Iterable<Call>
  readonly #idle: () => Promise<void>
  readonly #listeners = new Set<() => void>()
  #closed: Promise<void> | undefined

  constructor({ what, calls, idle, stop = () => Promise.resolve() }: LifeOptions) {
    this.#what = what
    this.#calls = calls
    this.#idle = idle
    this.#stop = stop
  }

  get state(): State {
    return this.#state
  }

  readonly layer: Layer = (inner) => (call) => {
    if (this.#state === 'ready') inner(call)
    else call.fail(this.refusal())
  }

  refusal(): SidelaneError {
    return new SidelaneError('unavailable', { message: `The ${this.#what} is ${this.#state}.` })
  }

  /** Calls the listener when `ready` is over; gives back how to stop that. */
  onLeave(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  destroy(error?: Error): Promise<void> {
    const closed = this.close()
    const fault =
      error instanceof SidelaneError
        ? error
        : new SidelaneError('unavailable', {
            message: `The ${this.#what} was destroyed.`,
            ...(error !== undefined && { cause: error }),
          })
    for (const call of this.#calls) call.fail(fault)
    return closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #finish(): Promise<void> {
    this.#state = 'closing'
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
    await this.#idle()
    await this.#stop()
    this.#state = 'closed'
  }
}
