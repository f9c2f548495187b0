// The life cycle: ready → closing → closed. Refuses late calls, waits for accepted ones, or fails them. What a
// placement has to stop is given to it.

import { SidelaneError, type Call, type Holder, type Layer, type Lifecycle, type State } from '../contract/index.ts'

export class Life implements Lifecycle, Holder {
  #state: State = 'ready'
  readonly #what: string
  readonly #stop: () => Promise<void>
  readonly #calls = new Set<Call>()
  #wakeWhenIdle: (() => void) | undefined
  #closed: Promise<void> | undefined

  /** `stop` runs once, when no accepted call is left. */
  constructor(what: string, stop: () => Promise<void> = () => Promise.resolve()) {
    this.#what = what
    this.#stop = stop
  }

  get state(): State {
    return this.#state
  }

  /** Calls without an answer. */
  get calls(): Iterable<Call> {
    return this.#calls
  }

  readonly layer: Layer = (inner) => (call) => {
    if (this.#state !== 'ready') return call.fail(this.refusal())
    this.#calls.add(call)
    call.attach(this)
    inner(call)
  }

  release(call: Call): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#wakeWhenIdle?.()
  }

  refusal(): SidelaneError {
    return new SidelaneError('unavailable', { message: `The ${this.#what} is ${this.#state}.` })
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
    if (this.#calls.size > 0) await new Promise<void>((resolve) => (this.#wakeWhenIdle = resolve))
    await this.#stop()
    this.#state = 'closed'
  }
}
