// A condition variable: `ring` wakes all that await `next`.

export class Bell {
  #next: Promise<void> | undefined
  #wake: () => void = () => {}

  /** Resolves with the next ring. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => (this.#wake = resolve))
    return this.#next
  }

  ring(): void {
    this.#next = undefined
    this.#wake()
  }
}
