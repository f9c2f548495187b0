// How many requests a connection keeps at its daemon: as many as that allows, and fewer while it says that its queue
// stands. What is more waits on our side, where it costs strangers nothing and leaves in time. As TCP does it: half at
// once, and one more for each window of answers.

export class Window {
  readonly #most: number
  #size: number
  #answers = 0
  /** The last request before the last cut: what is refused up to it says nothing new. */
  #cutAt = 0

  constructor(most: number) {
    this.#size = this.#most = most
  }

  get size(): number {
    return this.#size
  }

  /** The daemon has taken a request. */
  taken(): void {
    if (this.#size === this.#most || ++this.#answers < this.#size) return
    this.#answers = 0
    this.#size++
  }

  /** It had no room for the request with this id, when `last` was the last one sent. */
  refused(id: number, last: number): void {
    if (id <= this.#cutAt) return
    this.#cutAt = last
    this.#answers = 0
    this.#size = Math.max(1, this.#size >> 1)
  }
}
