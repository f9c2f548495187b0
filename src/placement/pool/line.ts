// The queue in front of the workers: first in, first out, with removal from the middle in O(1), because a cancelled call
// must leave nothing behind. Who may enter is decided by admission.

import type { Call, Holder } from '../../contract/index.ts'
import type { Arena, Chunk, Place } from './arena.ts'

/** One accepted payload: a place in the queue, later an item of a batch. */
export class Ticket implements Holder {
  readonly call: Call
  readonly chunk: Chunk
  readonly offset: number
  readonly length: number
  /** How much it is to blame for the death of workers. */
  blame: number = 0
  /** Told when the call ends while a worker has the payload. */
  onDropped: (() => void) | undefined
  next: Ticket | undefined
  previous: Ticket | undefined
  readonly #queue: Queue
  readonly #arena: Arena

  constructor(call: Call, place: Place, length: number, queue: Queue, arena: Arena) {
    this.call = call
    this.chunk = place.chunk
    this.offset = place.offset
    this.length = length
    this.#queue = queue
    this.#arena = arena
  }

  release(call: Call): void {
    if (call.phase === 'queued') {
      this.#queue.remove(this)
      this.giveBack()
    } else {
      this.onDropped?.()
    }
  }

  /** The payload is not needed any more. */
  giveBack(): void {
    this.#arena.release(this.chunk)
  }
}

export class Queue {
  #first: Ticket | undefined
  #last: Ticket | undefined
  #size = 0
  #bytes = 0

  get first(): Ticket | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  /** Payload bytes of all tickets. */
  get bytes(): number {
    return this.#bytes
  }

  push(ticket: Ticket): void {
    this.#count(ticket)
    ticket.previous = this.#last
    if (this.#last === undefined) this.#first = ticket
    else this.#last.next = ticket
    this.#last = ticket
  }

  /** In front: for what has waited already. */
  unshift(ticket: Ticket): void {
    this.#count(ticket)
    ticket.next = this.#first
    if (this.#first === undefined) this.#last = ticket
    else this.#first.previous = ticket
    this.#first = ticket
  }

  remove(ticket: Ticket): void {
    this.#size--
    this.#bytes -= ticket.length
    if (ticket.previous === undefined) this.#first = ticket.next
    else ticket.previous.next = ticket.next
    if (ticket.next === undefined) this.#last = ticket.previous
    else ticket.next.previous = ticket.previous
    ticket.next = ticket.previous = undefined
  }

  #count(ticket: Ticket): void {
    ticket.call.phase = 'queued'
    this.#size++
    this.#bytes += ticket.length
  }
}
