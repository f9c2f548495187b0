// One connection to a daemon: the preface, HELLO, requests out, answers in. Which calls it gets, and what becomes of them
// when it breaks, is client.ts.

import { connect, type Socket } from 'node:net'
import { decodeOutcome, toFault, type EngineReport, type SidelaneError } from '../../model/index.ts'
import {
  decodeServerHello,
  FrameDecoder,
  kinds,
  prefaceBytes,
  protocolVersion,
  readPreface,
  type FrameSink,
  type Head,
} from '../../wire/index.ts'
import type { Entry } from './client-contract.ts'
import { unavailable, versionFault } from './errors.ts'
import { Flight } from './in-flight-requests.ts'
import { Outlet } from './frame-writer.ts'
import { Questions, type QuestionsOptions } from './handshake.ts'
import type { Content, Place, Ticket } from './request.ts'

export interface ConnectionOptions extends QuestionsOptions {
  readonly events: ConnectionEvents
  /** The try after one that met a full backlog. */
  readonly isSecond: boolean
}

/** Each is told of the connection that it is about. */
export interface ConnectionEvents {
  /** The daemon has said what it thinks of these contracts. The first time, the connection begins to take requests. */
  greeted(connection: Connection, entries: readonly Entry[]): void
  /** It may take more than before. */
  moved(): void
  /** The daemon had no room for a request. */
  overloaded(ticket: Ticket, fault: SidelaneError): void
  /** It takes nothing new, and ends when its answers are there. */
  leaving(connection: Connection): void
  /** It is over. `unanswered` may be sent elsewhere; without a fault it was the transport. */
  closed(connection: Connection, unanswered: readonly Ticket[], end: End): void
}

/** Why a connection is over. */
export interface End {
  readonly wasReady: boolean
  /** What the system said. */
  readonly error: NodeJS.ErrnoException | undefined
  /** What is wrong with the daemon. */
  readonly fault: SidelaneError | undefined
}

const connectMs = 50
const helloMs = 5000
const idleMs = 30_000
/** Half of it costs twice the time: the system then wakes us for every few answers. */
const readBytes = 64 * 1024
const usualAnswerBytes = 8 * 1024 * 1024

export class Connection implements FrameSink, Place {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #decoder = new FrameDecoder('client', this)
  readonly #outlet: Outlet
  readonly #questions: Questions
  readonly #flight: Flight
  #state: 'connecting' | 'greeting' | 'ready' | 'leaving' | 'closed' = 'connecting'
  #timer: NodeJS.Timeout | undefined
  #pulse: NodeJS.Timeout | undefined
  /** Looks since the daemon was last heard. */
  #silence = 0
  /** The daemon's preface, as far as it is there. */
  #preface: Uint8Array | undefined = new Uint8Array(0)
  #caps = { request: 0, answer: usualAnswerBytes }
  /** What it hears about contracts is out of date. */
  #isStale = false
  #error: NodeJS.ErrnoException | undefined
  #fault: SidelaneError | undefined
  #engine: EngineReport['kind'] | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const buffer = new Uint8Array(readBytes)
    this.#socket = connect({
      path: options.path,
      onread: {
        buffer,
        callback: (size) => {
          this.#read(buffer.subarray(0, size))
          return true
        },
      },
    })
    this.#outlet = new Outlet(this.#socket, () => this.#movedIfReady())
    this.#questions = new Questions(options)
    this.#flight = new Flight(this.#outlet, this)
    // Whoever waits holds the socket, and that the process.
    this.#timer = setTimeout(this.#late, connectMs).unref()
    this.#socket
      .on('connect', () => this.#greet())
      .on('error', (error) => (this.#error ??= error))
      .on('close', () => this.#end())
  }

  get ready(): boolean {
    return this.#state === 'ready'
  }

  /** It is there, or may be soon. */
  get hopeful(): boolean {
    return this.#state !== 'leaving' && this.#state !== 'closed'
  }

  get inFlight(): number {
    return this.#flight.size
  }

  /** Requests in flight that the daemon allows. */
  get limit(): number {
    return this.#flight.limit
  }

  /** Requests that it takes now. */
  get room(): number {
    // One that has broken is not closed at once.
    if (this.#state !== 'ready' || this.#outlet.full || !this.#socket.writable) return 0
    return this.#flight.room
  }

  /** The engine behind it, once it has said so. */
  get engine(): EngineReport['kind'] | undefined {
    return this.#engine
  }

  /** undefined: the daemon has not been asked, or has not answered. */
  verdict(entry: Entry): 'served' | SidelaneError | undefined {
    const known = this.#questions.about(entry)
    return typeof known === 'number' ? 'served' : known
  }

  get isSecond(): boolean {
    return this.#options.isSecond
  }

  /** It is not the daemon that was asked for. */
  refuse(fault: SidelaneError): void {
    this.#break(fault)
  }

  /** Whether the process lives as long as the connection does. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Asks for the contracts that came since the last time. */
  ask(): void {
    // The first HELLO may be about none.
    if (this.#state === 'ready' && this.#questions.complete) return
    do this.#outlet.control(kinds.hello, 0, this.#questions.next())
    while (!this.#questions.complete)
  }

  /** Writes the request; the payload is the caller's again at once. Only with `room`, for a contract that is served. */
  send(ticket: Ticket, content: Content, now: number): void {
    this.#flight.send(ticket, content, this.#questions.about(ticket.entry) as number, now)
  }

  /** The call is over before its answer is there: the daemon is told, and the answer is dropped when it comes. */
  leave(ticket: Ticket): void {
    this.#flight.forget(ticket)
    if (this.#state === 'ready' || this.#state === 'leaving') this.#outlet.control(kinds.cancel, ticket.id)
  }

  /** Takes nothing new, and ends when its answers are there. */
  retire(): void {
    if (this.#state === 'connecting' || this.#state === 'greeting') this.#isStale = true
    if (this.#state !== 'ready') return
    this.#state = 'leaving'
    if (this.#flight.size === 0) this.#socket.end()
    this.#options.events.leaving(this)
  }

  /** Ends it now, and tells nobody. */
  async destroy(): Promise<void> {
    if (this.#state === 'closed') return
    await new Promise<void>((resolve) => this.#socket.once('close', resolve).destroy())
  }

  // What the decoder gives.

  caps(): { readonly request: number; readonly answer: number } {
    return this.#caps
  }

  open({ kind, id }: Head): 'take' | 'skip' {
    if (kind < kinds.accepted || kind > kinds.error || id === 0) return 'take'
    const verdict = this.#flight.open(id)
    if (verdict === undefined) this.violation('an answer has the id of no request')
    return verdict ?? 'skip'
  }

  frame({ kind, id }: Head, payload: Uint8Array): void {
    if (kind === kinds.hello) this.#hear(payload)
    else if (kind === kinds.ping) this.#outlet.control(kinds.pong, id, payload)
    else if (kind === kinds.goaway) this.#goAway()
    else if (kind === kinds.pong) return
    else if (id === 0) this.#complain(payload)
    else this.#flight.answer(id, payload, this.#overloaded)
  }

  oversize(): void {}

  violation(message: string): void {
    this.#break(unavailable(`The daemon at ${this.#options.path} broke the protocol: ${message}.`))
  }

  #read(bytes: Uint8Array): void {
    this.#silence = 0
    const rest = this.#preface === undefined ? bytes : this.#readPreface(this.#preface, bytes)
    this.#decoder.push(rest)
    if (this.#state === 'leaving' && this.#flight.size === 0) this.#socket.end()
    else this.#movedIfReady()
  }

  #movedIfReady(): void {
    if (this.#state === 'ready') this.#options.events.moved()
  }

  /** Returns what comes after it. */
  #readPreface(before: Uint8Array, bytes: Uint8Array): Uint8Array {
    const both = Buffer.concat([before, bytes])
    const preface = readPreface(both)
    const { path } = this.#options
    if (preface === 'foreign') this.#break(unavailable(`What answers at ${path} is no daemon of sidelane.`))
    else if (preface === 'more') this.#preface = both
    else if (preface.version !== protocolVersion) this.#break(versionFault(path, preface.version, protocolVersion))
    else {
      this.#preface = undefined
      return new Uint8Array(both.subarray(prefaceBytes))
    }
    return new Uint8Array(0)
  }

  #greet(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#late, helloMs).unref()
    this.#pulse = setInterval(this.#listen, idleMs).unref()
    this.#state = 'greeting'
    this.#outlet.preface()
    this.ask()
  }

  /** A limit has passed, or seems to: what has come while this thread was busy is looked at first. */
  readonly #late = (): void => {
    const state = this.#state
    setImmediate(() => {
      if (this.#state !== state) return
      const { path } = this.#options
      const what =
        state === 'connecting' ? `accepts no connection within ${connectMs}` : `says no HELLO within ${helloMs}`
      this.#break(unavailable(`The daemon at ${path} ${what} ms.`))
    })
  }

  #hear(payload: Uint8Array): void {
    const hello = decodeServerHello(payload)
    if (typeof hello === 'string') return this.violation(hello)
    const entries = this.#questions.hear(hello)
    if (entries === undefined) return this.violation('a HELLO answers what was not asked')
    if (this.#state === 'greeting') {
      clearTimeout(this.#timer)
      const { inFlight, answerBytes } = hello.limits
      this.#flight.allow(inFlight)
      this.#caps = { request: 0, answer: answerBytes }
      this.#engine = hello.engine
      this.#state = 'ready'
    }
    if (this.#isStale) this.retire()
    else this.#options.events.greeted(this, entries)
  }

  readonly #overloaded = (ticket: Ticket, fault: SidelaneError): void => this.#options.events.overloaded(ticket, fault)

  /** ERROR with id 0: the daemon says what was wrong, and has answered all that it will. */
  #complain(payload: Uint8Array): void {
    try {
      decodeOutcome(payload, 0, 'none')
    } catch (error) {
      this.#break(unavailable(`The daemon at ${this.#options.path} ends the connection.`, toFault(error)))
    }
  }

  #goAway(): void {
    if (this.#state === 'greeting') this.#break(unavailable(`The daemon at ${this.#options.path} is about to end.`))
    else this.retire()
  }

  /** By what is read: that much is written to a daemon that is stopped shows nothing. */
  readonly #listen = (): void => {
    if (this.#silence === 2)
      return this.#break(unavailable(`The daemon at ${this.#options.path} does not answer a PING.`))
    if (this.#silence === 1) this.#outlet.control(kinds.ping, 0)
    this.#silence++
  }

  #break(fault: SidelaneError): void {
    this.#fault ??= fault
    this.#decoder.stop()
    this.#socket.destroy()
  }

  #end(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#pulse)
    const wasReady = this.#state === 'ready' || this.#state === 'leaving'
    this.#state = 'closed'
    const unanswered = this.#flight.end()
    this.#options.events.closed(this, unanswered, { wasReady, error: this.#error, fault: this.#fault })
  }
}
