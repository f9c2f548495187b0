// Who waits for the next change is woken by it, however many wait and however long.

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
