// How long commands of one kind have failed. A restart of a few seconds is waited for; after `giveUpMs`, what needs them fails.

import type { SidelaneError } from '../../model/index.ts'

export class GiveUpTimer {
  readonly #giveUpMs: number
  readonly #onGiveUp: (fault: SidelaneError) => void
  #fault: SidelaneError | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(giveUpMs: number, onGiveUp: (fault: SidelaneError) => void) {
    this.#giveUpMs = giveUpMs
    this.#onGiveUp = onGiveUp
  }

  /** A command has ended: with a fault, or well. */
  note(fault: SidelaneError | undefined): void {
    this.#fault = fault
    if (fault === undefined) this.#clear()
    else this.wait()
  }

  /** Something waits for commands that are not sent, because the last one failed. */
  wait(): void {
    if (this.#fault !== undefined && !this.#isStopped) this.#timer ??= setTimeout(this.#giveUp, this.#giveUpMs)
  }

  /** For good: commands that fail at the end start no timer. */
  stop(): void {
    this.#isStopped = true
    this.#clear()
  }

  #clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #giveUp = (): void => {
    this.#timer = undefined
    if (this.#fault !== undefined) this.#onGiveUp(this.#fault)
  }
}
