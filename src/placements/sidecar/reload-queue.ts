// How contracts get to a daemon of our own while it runs: written to its folder, then it is told to read that anew. One
// reload at a time, so that each answer says which contracts it is about.

import type { Contract } from '../../model/index.ts'
import type { LockFolder } from './launch-directory.ts'

export interface Addition {
  /** The placement's own number of the contract. */
  readonly number: number
  readonly contract: Contract
  readonly digestKey: Uint8Array | undefined
}

export interface ReloadEvents {
  /** The daemon is to read the folder. */
  reload(): void
  /** It has these contracts from now on. */
  served(added: readonly Addition[], again: boolean): void
  /** It cannot serve this one, and has what it had before. */
  refused(addition: Addition, message: string): void
}

export class Reloads {
  readonly #folder: LockFolder
  readonly #events: ReloadEvents
  /** Not written yet. */
  #waiting: Addition[] = []
  /** Written, and not answered. */
  #asked: Addition[] = []
  #running = false
  /** One of several was refused: which, shows one after the other. */
  #oneByOne = false

  constructor(folder: LockFolder, events: ReloadEvents) {
    this.#folder = folder
    this.#events = events
  }

  add(addition: Addition): void {
    this.#waiting.push(addition)
    // Once for all contracts of this tick.
    if (this.#running && this.#waiting.length === 1) setImmediate(() => this.#next())
  }

  /** Before the daemon starts: it reads the folder by itself. */
  starting(): void {
    this.#running = false
    this.#asked.push(...this.#waiting.splice(0))
    for (const addition of this.#asked) this.#folder.write(addition)
  }

  /** The daemon is up. */
  started(): void {
    this.#running = true
    this.#settle(false)
  }

  /** It has read the folder, or says why it could not. */
  answered(refusal: string | undefined): void {
    const asked = this.#asked
    if (refusal === undefined) return this.#settle(true)
    this.#asked = []
    for (const addition of asked) this.#folder.remove(addition)
    const [only] = asked
    if (asked.length === 1 && only !== undefined) this.#events.refused(only, refusal)
    else {
      this.#waiting.unshift(...asked)
      this.#oneByOne = true
    }
    this.#next()
  }

  #settle(again: boolean): void {
    const asked = this.#asked
    this.#asked = []
    this.#events.served(asked, again)
    this.#next()
  }

  #next(): void {
    if (!this.#running || this.#asked.length > 0) return
    if (this.#waiting.length === 0) {
      this.#oneByOne = false
      return
    }
    this.#asked = this.#waiting.splice(0, this.#oneByOne ? 1 : this.#waiting.length)
    for (const addition of this.#asked) this.#folder.write(addition)
    this.#events.reload()
  }
}
