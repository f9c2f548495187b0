// The requests of one connection that have no answer yet, and the memory that their payloads are kept in. Which
// connection takes a call, and what becomes of one that is refused or lost, is client.ts.

import { Buffer } from 'node:buffer'
import { decodeOutcome, toFault, type Outcome, type SidelaneError } from '../../model/index.ts'
import { defaultInFlight, flags, headBytes, kinds, noDeadline, traceFromText, writeHead } from '../../wire/index.ts'
import type { Outlet } from './frame-writer.ts'
import type { Slab } from './write-buffer.ts'
import { Slots } from './request-table.ts'
import type { Content, Place, Ticket } from './request.ts'
import { Window } from './congestion-window.ts'

/** Payloads that are kept for a second try. */
const mostKeptBytes = 16 * 1024 * 1024
/** Longer texts are measured before they are written, so that no slab is three times too large. */
const longText = 16 * 1024
/** What a daemon can be told to allow; the places for them are made at once. */
const mostInFlight = 65_535

export class Flight {
  readonly #outlet: Outlet
  readonly #place: Place
  #limit = defaultInFlight
  #slots = new Slots<Ticket>(defaultInFlight)
  #window = new Window(defaultInFlight)
  #keptBytes = 0
  /** The request whose answer has begun to arrive. */
  #receiving = 0

  /** `place`: who is told when a call ends before its answer is there. */
  constructor(outlet: Outlet, place: Place) {
    this.#outlet = outlet
    this.#place = place
  }

  get size(): number {
    return this.#slots.size
  }

  /** Requests that the daemon allows. */
  get limit(): number {
    return this.#limit
  }

  /** Requests that it takes now. */
  get room(): number {
    // An empty one takes a payload of any size.
    if (this.#keptBytes > mostKeptBytes) return 0
    return Math.max(0, this.#window.size - this.#slots.size)
  }

  /** Before the first request: what the daemon allows. */
  allow(inFlight: number): void {
    this.#limit = Math.min(mostInFlight, Math.max(1, inFlight))
    this.#slots = new Slots(this.#limit)
    this.#window = new Window(this.#limit)
  }

  /** Writes the request; the payload is the caller's again at once. */
  send(ticket: Ticket, content: Content, index: number, now: number): void {
    const { call } = ticket
    const text = typeof content === 'string'
    const most = !text ? content.length : content.length > longText ? Buffer.byteLength(content) : content.length * 3
    const trace = call.traceparent === undefined ? undefined : traceFromText(call.traceparent)
    const traceBytes = trace?.length ?? 0
    const slab = this.#outlet.reserve(headBytes + traceBytes + most)
    const at = slab.used
    if (trace !== undefined) slab.bytes.set(trace, at + headBytes)
    const bodyAt = at + headBytes + traceBytes
    let length = most
    if (text) length = slab.bytes.write(content, bodyAt)
    else slab.bytes.set(content, bodyAt)
    this.#slots.put(ticket)
    writeHead(
      slab.bytes,
      at,
      traceBytes + length,
      kinds.request,
      (call.canonical ? flags.canonical : 0) | (trace === undefined ? 0 : flags.trace),
      index,
      ticket.id,
      call.expiresAt === Number.POSITIVE_INFINITY ? noDeadline : Math.max(1, Math.floor(call.expiresAt - now)),
      0,
    )
    slab.live++
    this.#keptBytes += length
    ticket.place = this.#place
    ticket.slab = slab
    ticket.offset = bodyAt
    ticket.length = length
    call.phase = 'running'
    this.#outlet.add(slab, headBytes + traceBytes + length)
  }

  /** The head of an answer is there. `skip`: nobody waits for it any more; undefined: nobody ever has. */
  open(id: number): 'take' | 'skip' | undefined {
    const ticket = this.#slots.find(id)
    if (ticket === undefined) return undefined
    if (ticket.place === this.#place) {
      this.#receiving = id
      return 'take'
    }
    this.#slots.remove(ticket)
    return 'skip'
  }

  /** The answer is there: ends the call, or gives back what the daemon had no room for. */
  answer(id: number, payload: Uint8Array, overloaded: (ticket: Ticket, fault: SidelaneError) => void): void {
    this.#receiving = 0
    const ticket = this.#slots.find(id)
    if (ticket === undefined) return
    this.#slots.remove(ticket)
    // The call can end while its answer arrives.
    if (ticket.place !== this.#place) return
    const { call } = ticket
    let outcome: Outcome
    try {
      outcome = decodeOutcome(payload, 0, call.route.contract.profile.compress.codec)
    } catch (error) {
      const fault = toFault(error)
      if (fault.code === 'overloaded') {
        this.#window.refused(id, this.#slots.last)
        this.#keep(ticket)
        return overloaded(ticket, fault)
      }
      this.#taken(ticket)
      return call.fail(fault)
    }
    this.#taken(ticket)
    call.settle(outcome)
  }

  /** The call is over; its answer is still to come. */
  forget(ticket: Ticket): void {
    ticket.place = undefined
    this.#keptBytes -= ticket.length
    this.#outlet.release(ticket.slab as Slab)
    ticket.slab = undefined
  }

  /** The connection is over: those that still want an answer, with their payloads. */
  end(): Ticket[] {
    const unanswered = this.#slots.items().filter((ticket) => ticket.place === this.#place)
    for (const ticket of unanswered) {
      // Its answer had begun: once more is once too often.
      if (ticket.id === this.#receiving) ticket.retried = true
      this.#keep(ticket)
    }
    return unanswered
  }

  #taken(ticket: Ticket): void {
    this.#window.taken()
    this.forget(ticket)
  }

  /** Takes the payload out of the slab, for another try. */
  #keep(ticket: Ticket): void {
    const { slab, offset, length } = ticket
    ticket.content = Uint8Array.from((slab as Slab).bytes.subarray(offset, offset + length))
    this.forget(ticket)
  }
}
