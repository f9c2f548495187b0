// One connection to a daemon: socket, preface, HELLO, keep-alive, frames in and out. The client decides which calls it
// gets, and what follows when it closes.

import { connect, type Socket } from 'node:net'
import { decodeOutcome, toFault, type EngineReport, type SidelaneError } from '../../model/index.ts'
import { BumpArena } from '../../util/bump-arena.ts'
import { WriteBatcher } from '../../util/write-batcher.ts'
import {
  addControlFrame,
  addPreface,
  decodeServerHello,
  FrameDecoder,
  kinds,
  prefaceBytes,
  protocolVersion,
  readPreface,
  type FrameSink,
  type Head,
} from '../../wire/index.ts'
import type { ClientContract } from './client-contract.ts'
import { unavailable, versionFault } from './errors.ts'
import { Handshake, type HandshakeOptions } from './handshake.ts'
import { InFlightRequests } from './in-flight-requests.ts'
import type { Content, PendingRequest, RequestOwner } from './request.ts'

export interface ConnectionOptions extends HandshakeOptions {
  readonly events: ConnectionEvents
  readonly requestEvents: RequestEvents
  /** Made because the one before met a full backlog. */
  readonly isRetry: boolean
}

/** What happens to the connection itself. */
export interface ConnectionEvents {
  /** The daemon answered HELLO for these contracts. After the first answer, the connection takes requests. */
  onHello(connection: Connection, contracts: readonly ClientContract[]): void
  /** The connection takes no new requests and closes after its last answer. */
  onDraining(): void
  /** `unanswered` may be sent elsewhere, unless there is a `fault`. */
  onClosed(connection: Connection, unanswered: readonly PendingRequest[], reason: CloseReason): void
}

/** What happens to requests. */
export interface RequestEvents {
  /** There may be more room than before. */
  onSendRoom(): void
  /** The daemon refused a request because it is overloaded. */
  onOverload(request: PendingRequest, fault: SidelaneError): void
}

export interface CloseReason {
  readonly wasReady: boolean
  /** The socket's error. */
  readonly error: NodeJS.ErrnoException | undefined
  /** What the daemon did wrong; undefined when the transport broke. */
  readonly fault: SidelaneError | undefined
}

const connectTimeoutMs = 50
const helloTimeoutMs = 5000
const pingIntervalMs = 30_000
/** Half of it costs twice the CPU time: the system then wakes the thread for every few answers. */
const readBufferBytes = 64 * 1024
/** Measured: smaller blocks cost more writes, larger ones more cache. */
const blockBytes = 256 * 1024
const maxSpareBlocks = 8
/** Beyond that, requests wait in the client's queue, where deadlines and signals end them. */
const maxPendingBytes = 1024 * 1024
/** The cap on answers until HELLO brings the daemon's. */
const defaultAnswerBytes = 8 * 1024 * 1024

export class Connection implements FrameSink, RequestOwner {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #decoder = new FrameDecoder('client', this)
  readonly #writer: WriteBatcher
  readonly #handshake: Handshake
  readonly #inFlight: InFlightRequests
  #state: 'connecting' | 'greeting' | 'ready' | 'draining' | 'closed' = 'connecting'
  #timeout: NodeJS.Timeout | undefined
  #pingTimer: NodeJS.Timeout | undefined
  /** Ping intervals in which nothing was read. */
  #silentIntervals = 0
  /** The part of the daemon's preface that has arrived; undefined when it is complete. */
  #preface: Uint8Array | undefined = new Uint8Array(0)
  #caps = { request: 0, answer: defaultAnswerBytes }
  /** Retired before HELLO was answered. */
  #isStale = false
  #error: NodeJS.ErrnoException | undefined
  #fault: SidelaneError | undefined
  #engine: EngineReport['kind'] | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const buffer = new Uint8Array(readBufferBytes)
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
    this.#writer = new WriteBatcher({
      target: this.#socket,
      arena: new BumpArena(Buffer.allocUnsafeSlow, [{ bytes: blockBytes, maxSpare: maxSpareBlocks }]),
      maxWriteBytes: Number.POSITIVE_INFINITY,
      maxPendingBytes,
      onProgress: (_, wasFull) => {
        if (wasFull) this.#notifyRoom()
      },
    })
    this.#handshake = new Handshake(options)
    this.#inFlight = new InFlightRequests(this.#writer, this)
    // Only the socket keeps the process alive, and only while there are calls.
    this.#timeout = setTimeout(this.#onTimeout, connectTimeoutMs).unref()
    this.#socket
      .on('connect', () => this.#onConnect())
      .on('error', (error) => (this.#error ??= error))
      .on('close', () => this.#onClose())
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Takes requests, or may soon. */
  get isUsable(): boolean {
    return this.#state !== 'draining' && this.#state !== 'closed'
  }

  get isRetry(): boolean {
    return this.#options.isRetry
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Requests in flight that the daemon allows. */
  get limit(): number {
    return this.#inFlight.limit
  }

  /** Requests that can be sent now. */
  get room(): number {
    // A broken socket is not closed at once.
    if (this.#state !== 'ready' || this.#writer.full || !this.#socket.writable) return 0
    return this.#inFlight.room
  }

  /** The daemon's engine, known after HELLO. */
  get engine(): EngineReport['kind'] | undefined {
    return this.#engine
  }

  serves(contractNumber: number): boolean {
    return typeof this.#handshake.answers[contractNumber] === 'number'
  }

  /** The daemon's answer for the contract; undefined: there is none yet. */
  answerFor(contractNumber: number): 'served' | SidelaneError | undefined {
    const answer = this.#handshake.answers[contractNumber]
    return typeof answer === 'number' ? 'served' : answer
  }

  /** Whether the connection keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Asks for the contracts that were added since the last HELLO. The first HELLO may ask for none. */
  sendHello(): void {
    if (this.#state === 'ready' && this.#handshake.complete) return
    do addControlFrame(this.#writer, kinds.hello, 0, this.#handshake.nextHello())
    while (!this.#handshake.complete)
  }

  /** Sends the request; the payload is copied. Requires `room` and `serves`. */
  send(request: PendingRequest, content: Content, now: number): void {
    const index = this.#handshake.answers[request.call.route.contractIndex] as number
    this.#inFlight.send(request, content, index, now)
  }

  /** Cancels the request at the daemon. An answer that comes all the same is dropped. */
  abandon(request: PendingRequest): void {
    this.#inFlight.abandon(request)
    if (this.#state === 'ready' || this.#state === 'draining') {
      addControlFrame(this.#writer, kinds.cancel, request.id)
    }
  }

  /** Takes no new requests, and closes after the last answer. */
  drain(): void {
    if (this.#state === 'connecting' || this.#state === 'greeting') this.#isStale = true
    if (this.#state !== 'ready') return
    this.#state = 'draining'
    if (this.#inFlight.size === 0) this.#socket.end()
    this.#options.events.onDraining()
  }

  /** Closes the connection because of what the daemon did. */
  fail(fault: SidelaneError): void {
    this.#fault ??= fault
    this.#decoder.stop()
    this.#socket.destroy()
  }

  async destroy(): Promise<void> {
    if (this.#state === 'closed') return
    await new Promise<void>((resolve) => this.#socket.once('close', resolve).destroy())
  }

  // FrameSink

  caps(): { readonly request: number; readonly answer: number } {
    return this.#caps
  }

  open({ kind, id }: Head): 'take' | 'skip' {
    if (kind < kinds.accepted || kind > kinds.error || id === 0) return 'take'
    const action = this.#inFlight.beginAnswer(id)
    if (action === undefined) this.violation('an answer has the id of no request')
    return action ?? 'skip'
  }

  frame({ kind, id }: Head, payload: Uint8Array): void {
    if (kind === kinds.hello) this.#onHello(payload)
    else if (kind === kinds.ping) addControlFrame(this.#writer, kinds.pong, id, payload)
    else if (kind === kinds.goaway) this.#onGoaway()
    else if (kind === kinds.pong) return
    else if (id === 0) this.#onConnectionError(payload)
    else this.#inFlight.answer(id, payload, this.#onOverload)
  }

  oversize(): void {}

  violation(message: string): void {
    this.fail(unavailable(`The daemon at ${this.#options.path} broke the protocol: ${message}.`))
  }

  #read(bytes: Uint8Array): void {
    this.#silentIntervals = 0
    const rest = this.#preface === undefined ? bytes : this.#readPreface(this.#preface, bytes)
    this.#decoder.push(rest)
    if (this.#state === 'draining' && this.#inFlight.size === 0) this.#socket.end()
    else this.#notifyRoom()
  }

  #notifyRoom(): void {
    if (this.#state === 'ready') this.#options.requestEvents.onSendRoom()
  }

  /** Returns what follows the preface. */
  #readPreface(before: Uint8Array, bytes: Uint8Array): Uint8Array {
    const both = Buffer.concat([before, bytes])
    const preface = readPreface(both)
    const { path } = this.#options
    if (preface === 'foreign') this.fail(unavailable(`The server at ${path} is no daemon of sidelane.`))
    else if (preface === 'more') this.#preface = both
    else if (preface.version !== protocolVersion) this.fail(versionFault(path, preface.version, protocolVersion))
    else {
      this.#preface = undefined
      return new Uint8Array(both.subarray(prefaceBytes))
    }
    return new Uint8Array(0)
  }

  #onConnect(): void {
    clearTimeout(this.#timeout)
    this.#timeout = setTimeout(this.#onTimeout, helloTimeoutMs).unref()
    this.#pingTimer = setInterval(this.#onPingTimer, pingIntervalMs).unref()
    this.#state = 'greeting'
    addPreface(this.#writer)
    this.sendHello()
  }

  /** Input that arrived while this thread was busy is read before the timeout counts. */
  readonly #onTimeout = (): void => {
    const state = this.#state
    setImmediate(() => {
      if (this.#state !== state) return
      const what =
        state === 'connecting'
          ? `did not accept the connection within ${connectTimeoutMs}`
          : `did not send HELLO within ${helloTimeoutMs}`
      this.fail(unavailable(`The daemon at ${this.#options.path} ${what} ms.`))
    })
  }

  #onHello(payload: Uint8Array): void {
    const hello = decodeServerHello(payload)
    if (typeof hello === 'string') return this.violation(hello)
    const contracts = this.#handshake.onAnswer(hello)
    if (contracts === undefined) return this.violation('a HELLO answers what was not asked')
    if (this.#state === 'greeting') {
      clearTimeout(this.#timeout)
      const { inFlight, answerBytes } = hello.limits
      this.#inFlight.setLimit(inFlight)
      this.#caps = { request: 0, answer: answerBytes }
      this.#engine = hello.engine
      this.#state = 'ready'
    }
    if (this.#isStale) this.drain()
    else this.#options.events.onHello(this, contracts)
  }

  readonly #onOverload = (request: PendingRequest, fault: SidelaneError): void =>
    this.#options.requestEvents.onOverload(request, fault)

  /** An ERROR with id 0 is about the connection, and the last frame of it. */
  #onConnectionError(payload: Uint8Array): void {
    try {
      decodeOutcome(payload, 0, 'none')
    } catch (error) {
      this.fail(unavailable(`The daemon at ${this.#options.path} ended the connection.`, toFault(error)))
    }
  }

  #onGoaway(): void {
    if (this.#state === 'greeting') this.fail(unavailable(`The daemon at ${this.#options.path} is shutting down.`))
    else this.drain()
  }

  /** Only input shows that a daemon is alive: writes to a stopped one succeed until the system's buffer is full. */
  readonly #onPingTimer = (): void => {
    if (this.#silentIntervals === 2) {
      return this.fail(unavailable(`The daemon at ${this.#options.path} does not answer a PING.`))
    }
    if (this.#silentIntervals === 1) addControlFrame(this.#writer, kinds.ping, 0)
    this.#silentIntervals++
  }

  #onClose(): void {
    clearTimeout(this.#timeout)
    clearInterval(this.#pingTimer)
    const wasReady = this.#state === 'ready' || this.#state === 'draining'
    this.#state = 'closed'
    const unanswered = this.#inFlight.takeBackAll()
    this.#writer.close()
    this.#options.events.onClosed(this, unanswered, { wasReady, error: this.#error, fault: this.#fault })
  }
}
