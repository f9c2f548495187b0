// The queue in front of the workers: first in, first out, with removal from the middle in O(1), because a cancelled call
// must leave nothing behind. Who may enter is decided by admission.

import type { Call, Holder } from '../../model/index.ts'
import type { Arena, Chunk, Tenant } from './payload-arena.ts'
import type { Lane } from './batch-layout.ts'

/** One accepted payload: a place in the queue, later an item of a batch. */
export class Ticket implements Holder, Tenant {
  readonly call: Call
  readonly length: number
  chunk: Chunk
  offset: number = 0
  /** How much it is to blame for the death of workers. */
  blame: number = 0
  /** A worker died while it was at this payload. */
  suspect: boolean = false
  /** Where a worker finds it, while one has it. */
  lane: Lane | undefined
  item: number = 0
  next: Ticket | undefined
  previous: Ticket | undefined
  readonly #queue: Queue

  constructor(call: Call, payload: Uint8Array, queue: Queue) {
    this.call = call
    this.length = payload.length
    this.#queue = queue
    this.chunk = queue.arena.anyChunk
    queue.arena.place(payload, this)
  }

  release(call: Call): void {
    if (call.phase === 'queued') {
      this.#queue.remove(this)
      this.giveBack()
      this.#queue.onLeave()
    } else {
      this.lane?.drop(this.item)
    }
  }

  /** The payload, in memory that no other thread sees. */
  copy(): Uint8Array {
    return Uint8Array.from(this.chunk.bytes.subarray(this.offset, this.offset + this.length))
  }

  /** The payload is not needed any more. */
  giveBack(): void {
    this.lane = undefined
    this.#queue.arena.release(this.chunk)
  }
}

export class Queue {
  /** Where the payloads of its tickets are. */
  readonly arena: Arena
  /** Called when a call has given its place up. */
  readonly onLeave: () => void
  #first: Ticket | undefined
  #last: Ticket | undefined
  #size = 0
  #bytes = 0

  constructor(arena: Arena, onLeave: () => void) {
    this.arena = arena
    this.onLeave = onLeave
  }

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
