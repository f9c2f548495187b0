// One accepted payload on its way: it waits for a place at the daemon, or is in flight on a connection. Who decides
// where it goes is client.ts.

import type { Call, Holder } from '../../model/index.ts'
import type { Entry } from './client-contract.ts'
import type { Slab } from './write-buffer.ts'

/** A payload as it is written: bytes, or checked text, which nobody can change. */
export type Content = Uint8Array | string

/** Where it is, and who is told when its call ends there. */
export interface Place {
  leave(ticket: Ticket): void
}

export class Ticket implements Holder {
  readonly call: Call
  readonly entry: Entry
  /** undefined: nobody needs to know any more. */
  place: Place | undefined
  /** The payload, while it is not in a slab. */
  content: Content | undefined
  /** Its payload's size in bytes; of text that waits, its length. */
  length: number = 0
  /** In flight: its id on the connection, and where its payload is. */
  id: number = 0
  slab: Slab | undefined
  offset: number = 0
  /** It has been sent a second time. */
  retried: boolean = false
  readonly #ended: () => void

  /** `ended` is told once, when the call is over. */
  constructor(call: Call, entry: Entry, ended: () => void) {
    this.call = call
    this.entry = entry
    this.#ended = ended
  }

  /** The call is over, by the answer or by anything else. */
  release(): void {
    this.place?.leave(this)
    this.#ended()
  }
}

/** Tickets in the order in which they came; any of them can leave. */
export class Waiting implements Place {
  readonly #tickets = new Set<Ticket>()
  readonly #total: Total

  /** `total`: that of all the places where tickets wait. */
  constructor(total: Total) {
    this.#total = total
  }

  get size(): number {
    return this.#tickets.size
  }

  [Symbol.iterator](): IterableIterator<Ticket> {
    return this.#tickets.values()
  }

  add(ticket: Ticket): void {
    ticket.place = this
    ticket.call.phase = 'queued'
    this.#tickets.add(ticket)
    this.#total.tickets++
    this.#total.bytes += ticket.length
  }

  remove(ticket: Ticket): void {
    ticket.place = undefined
    this.#tickets.delete(ticket)
    this.#total.tickets--
    this.#total.bytes -= ticket.length
  }

  leave(ticket: Ticket): void {
    this.remove(ticket)
    ticket.content = undefined
    this.#total.onLeave()
  }
}

export interface Total {
  tickets: number
  bytes: number
  /** A call has given its place up. */
  readonly onLeave: () => void
}
