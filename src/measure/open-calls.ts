// The calls of a load that have not ended.

export class OpenCalls {
  readonly #calls: Promise<unknown>[] = []

  add(call: Promise<unknown>): void {
    // A fault waits for `ended`: without a handler until then it would end the process.
    call.catch(() => {})
    this.#calls.push(call)
  }

  /** Rejects with the fault of the first call that failed. */
  async ended(): Promise<void> {
    await Promise.all(this.#calls)
  }
}
