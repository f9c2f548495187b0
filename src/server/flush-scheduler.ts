// When answers are sent: those of one turn of the event loop together, with one write a connection. What is sent is not here.

export interface Sender {
  flush(): void
}

export class Rounds {
  #senders: Sender[] = []
  #spare: Sender[] = []

  /** `flush` is called after this turn, once for each call of `add`. */
  add(sender: Sender): void {
    if (this.#senders.push(sender) === 1) process.nextTick(this.#flush)
  }

  readonly #flush = (): void => {
    const senders = this.#senders
    this.#senders = this.#spare
    for (const sender of senders) sender.flush()
    senders.length = 0
    this.#spare = senders
  }
}
