// The life cycle of a host or a processor: ready → closing → closed. Refuses late calls, and waits for accepted ones or
// fails them. What a placement has to stop is a parameter.

import { SidelaneError, type Call, type State } from '../model/index.ts'

export interface HostLifecycleOptions {
  /** For messages. */
  readonly what: 'host' | 'processor'
  /** The calls in flight. */
  readonly calls: Iterable<Call>
  /** Resolves when there are none. */
  readonly idle: () => Promise<void>
  /** Runs once, when no accepted call is left. */
  readonly stop?: () => Promise<void>
}

export class HostLifecycle {
  /** A plain field: read by every call. */
  state: State = 'ready'
  readonly #options: HostLifecycleOptions
  readonly #listeners = new Set<() => void>()
  #closed: Promise<void> | undefined

  constructor(options: HostLifecycleOptions) {
    this.#options = options
  }

  /** The fault of a call that comes too late. */
  refusal(): SidelaneError {
    return new SidelaneError('unavailable', { message: `The ${this.#options.what} is ${this.state}.` })
  }

  /** Calls the listener when `ready` is over; returns a function that removes the listener. */
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
            message: `The ${this.#options.what} was destroyed.`,
            cause: error,
          })
    for (const call of this.#options.calls) call.fail(fault)
    return closed
  }

  async #finish(): Promise<void> {
    this.state = 'closing'
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
    await this.#options.idle()
    await this.#options.stop?.()
    this.state = 'closed'
  }
}
