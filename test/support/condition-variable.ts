// A condition variable: `notifyAll` wakes all that await `wait`, which check their condition again.

export class ConditionVariable {
  #notified: Promise<void> | undefined
  #resolve: () => void = () => {}

  /** Resolves with the next `notifyAll`. */
  wait(): Promise<void> {
    this.#notified ??= new Promise((resolve) => (this.#resolve = resolve))
    return this.#notified
  }

  notifyAll(): void {
    this.#notified = undefined
    this.#resolve()
  }
}
