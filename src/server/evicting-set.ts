// A bounded set of connections: one more destroys the oldest, so that silent ones do not keep others out. The twin:
// native/daemon/src/evicting_set.rs.

import type { Socket } from 'node:net'

export class EvictingSet {
  readonly #max: number
  readonly #onEvict: () => void
  /** The oldest first. */
  readonly #sockets = new Set<Socket>()
  /** Their end is counted already. */
  readonly #answered = new WeakSet<Socket>()
  #size = 0

  constructor(max: number, onEvict: () => void) {
    this.#max = max
    this.#onEvict = onEvict
  }

  /** With those that are evicted and not closed yet. */
  get size(): number {
    return this.#size
  }

  /** Its eviction does not call `onEvict` from now on. */
  answered(socket: Socket): void {
    this.#answered.add(socket)
  }

  add(socket: Socket): void {
    const [oldest] = this.#sockets
    if (oldest !== undefined && this.#sockets.size >= this.#max) {
      this.#sockets.delete(oldest)
      if (!this.#answered.has(oldest)) this.#onEvict()
      oldest.destroy()
    }
    this.#sockets.add(socket)
    this.#size++
    socket.once('close', () => {
      this.#size--
      this.#sockets.delete(socket)
    })
  }
}
