// Counts the results that the output has taken. A result in a buffer is not written yet, and never is where the output fails.

export class WrittenTally {
  /** Written results, and the sums of their sizes. */
  results = 0
  inBytes = 0
  outBytes = 0
  /** Of each result that is not written yet: where it ends in the output, and its sizes. */
  #waiting: number[] = []
  #first = 0

  /** A result whose last byte is byte `end` of the output. */
  add(end: number, inBytes: number, outBytes: number): void {
    this.#waiting.push(end, inBytes, outBytes)
  }

  /** The output has taken this many bytes. */
  written(bytes: number): void {
    const waiting = this.#waiting
    while (this.#first < waiting.length && (waiting[this.#first] as number) <= bytes) {
      this.results++
      this.inBytes += waiting[this.#first + 1] as number
      this.outBytes += waiting[this.#first + 2] as number
      this.#first += 3
    }
    // The writer bounds how many wait, so little is moved.
    this.#waiting = waiting.slice(this.#first)
    this.#first = 0
  }
}
