// One connection to a daemon: socket, preface, HELLO, keep-alive, frames in and out. The client decides which calls it
// gets, and what follows when it closes.

import { connect, type Socket } from 'node:net'
import type { DaemonAddress, EngineReport, SidelaneError } from '../../model/index.ts'
import { BumpArena } from '../../util/bump-arena.ts'
import { ownUid } from '../../util/socket-path.ts'
import { WriteBatcher } from '../../util/write-batcher.ts'
import {
  addControlFrame,
  addPreface,
  decodeServerHello,
  FrameDecoder,
  kinds,
  maxFaultBytes,
  prefaceBytes,
  protocolVersion,
  readFault,
  readPreface,
  readRejected,
  readRequestFault,
  wrongAnswer,
  type AnswerRules,
  type FrameSink,
  type FrameHeader,
  type UnavailableReason,
  type ViolationReason,
  type WrongAnswer,
} from '../../wire/index.ts'
import { Handshake, type ClientContract, type HandshakeOptions } from './client-contract.ts'
import { ConnectionWatch, type WatchedConnection } from './connection-watch.ts'
import { unavailable, versionFault } from './errors.ts'
import { InFlightRequests, type Answer, type RequestEvents } from './in-flight-requests.ts'
import type { Content, PendingRequest, RequestOwner } from './request.ts'
import type { TlsConnector } from '../../util/tls-connector.ts'

export interface ConnectionOptions extends HandshakeOptions {
  readonly address: DaemonAddress
  /** For an address of TLS. */
  readonly tls: TlsConnector | undefined
  readonly events: ConnectionEvents
  readonly requestEvents: RequestEvents
  /** Made because the one before met a full backlog. */
  readonly isRetry: boolean
}

/** What happens to the connection itself. */
export interface ConnectionEvents {
  /** The daemon answered HELLO for these contracts. After the first answer, the connection takes requests. */
  onHello(connection: Connection, contracts: readonly ClientContract[]): void
  /** The connection began to drain without a call of `drain()`: GOAWAY, or it was stale at HELLO. */
  onDraining(): void
  /** `unanswered` may be sent elsewhere, unless the connection has a `fault`. */
  onClosed(connection: Connection, unanswered: readonly PendingRequest[], wasReady: boolean): void
}

const connectTimeoutMs = { path: 50, /** With the handshake, to another machine. */ tls: 3000 }
const helloTimeoutMs = 5000
/** Half of it costs twice the CPU time: the system then wakes the thread for every few answers. */
const readBufferBytes = 64 * 1024
/** Measured: smaller blocks cost more writes, larger ones more cache. */
const blockBytes = 256 * 1024
const maxSpareBlocks = 8
/** Beyond that, requests wait in the client's queue, where deadlines and signals end them. */
const maxPendingBytes = 1024 * 1024
/** PINGs that are answered while the daemon does not read: their PONGs are in memory. */
const maxUnreadPings = 256

export class Connection implements FrameSink, RequestOwner, WatchedConnection {
  readonly isRetry: boolean
  readonly address: DaemonAddress
  readonly handshake: Handshake
  readonly inFlight: InFlightRequests
  /** The daemon's engine, known after HELLO. */
  engine: EngineReport['kind'] | undefined
  /** The socket's error. */
  error: NodeJS.ErrnoException | undefined
  /** What the daemon did wrong; undefined when the transport broke. */
  fault: SidelaneError | undefined
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #decoder = new FrameDecoder('client', this)
  readonly #writer: WriteBatcher
  #state: 'connecting' | 'handshake' | 'ready' | 'draining' | 'closed' = 'connecting'
  #timeout: NodeJS.Timeout | undefined
  #watch: ConnectionWatch | undefined
  /** PINGs without a PONG, of this side and of the daemon's. */
  #ownPings = 0
  #unreadPings = 0
  /** The part of the daemon's preface that has arrived; undefined when it is complete. */
  #preface: Uint8Array | undefined = new Uint8Array(0)
  /** Before HELLO there is no answer but an ERROR about the connection. */
  caps: FrameSink['caps'] = { request: 0, answer: maxFaultBytes }
  /** Retired before HELLO was answered. */
  #isStale = false

  constructor(options: ConnectionOptions) {
    this.isRetry = options.isRetry
    this.address = options.address
    this.#options = options
    const buffer = new Uint8Array(readBufferBytes)
    const onread = {
      buffer,
      callback: (size: number) => {
        this.#read(buffer.subarray(0, size))
        return true
      },
    }
    const { address, tls } = options
    this.#socket =
      address.kind === 'path'
        ? connect({ path: address.path, onread })
        : (tls as TlsConnector).connect(address, { protocol: 'sidelane/1', onread })
    this.#writer = new WriteBatcher({
      target: this.#socket,
      arena: new BumpArena((bytes) => Buffer.allocUnsafeSlow(bytes), [{ bytes: blockBytes, maxSpare: maxSpareBlocks }]),
      maxWriteBytes: Number.POSITIVE_INFINITY,
      maxPendingBytes,
      onProgress: (_, wasFull) => {
        if (wasFull) this.#notifyFreeSlots()
      },
    })
    this.handshake = new Handshake(options)
    this.inFlight = new InFlightRequests(this.#writer, this)
    // Only the socket keeps the process alive, and only while there are calls.
    this.#timeout = setTimeout(this.#onTimeout, connectTimeoutMs[address.kind]).unref()
    this.#socket
      .on(address.kind === 'path' ? 'connect' : 'secureConnect', () => this.#onConnect())
      .on('error', (error) => (this.error ??= error))
      .on('close', () => this.#onClose())
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get isDraining(): boolean {
    return this.#state === 'draining'
  }

  /** Takes requests, or may soon. */
  get isUsable(): boolean {
    return this.#state !== 'draining' && this.#state !== 'closed'
  }

  /** Requests that can be sent now. */
  get freeSlots(): number {
    // A broken socket is not closed at once.
    if (this.#state !== 'ready' || this.#writer.full || !this.#socket.writable) return 0
    return this.inFlight.freeSlots
  }

  /** Whether the connection keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Asks for the contracts that were added since the last HELLO. The first HELLO may ask for none. */
  sendHello(): void {
    if (this.#state === 'ready' && this.handshake.complete) return
    do addControlFrame(this.#writer, kinds.hello, 0, this.handshake.nextHello())
    while (!this.handshake.complete)
  }

  /** Sends the request; the payload is copied. Requires `freeSlots`, and an index in the handshake's answers. */
  send(request: PendingRequest, content: Content, now: number): void {
    const index = this.handshake.answers[request.call.route.contractIndex] as number
    this.inFlight.send(request, content, index, now)
  }

  /** Cancels the request at the daemon. An answer that comes all the same is dropped. */
  abandon(request: PendingRequest): void {
    this.inFlight.abandon(request)
    if (this.#state === 'ready' || this.#state === 'draining') {
      addControlFrame(this.#writer, kinds.cancel, request.id)
    }
    this.#endIfDrained()
  }

  /** Takes no new requests, and closes after the last answer. Does not call `onDraining`: several can drain before one of them is replaced. */
  drain(): void {
    if (this.#state === 'connecting' || this.#state === 'handshake') this.#isStale = true
    if (this.#state !== 'ready') return
    this.#state = 'draining'
    this.#endIfDrained()
  }

  /** Closes the connection because of what the daemon did. */
  fail(fault: SidelaneError): void {
    this.fault ??= fault
    this.#decoder.stop()
    this.#socket.destroy()
  }

  /** Closes the connection as if the transport had broken: its requests may be sent elsewhere. */
  drop(): void {
    this.#decoder.stop()
    this.#socket.destroy()
  }

  async destroy(): Promise<void> {
    if (this.#state === 'closed') return
    await new Promise<void>((resolve) => this.#socket.once('close', resolve).destroy())
  }

  // FrameSink

  open({ kind, id, length }: FrameHeader): 'take' | 'skip' {
    if (kind < kinds.accepted || kind > kinds.error) return 'take'
    const request = id === 0 ? undefined : this.inFlight.find(id)
    // An ERROR without an id is about the connection; its cap is that of all ERRORs.
    const cap = request === undefined ? maxFaultBytes : this.#rulesFor(request).cap(kind, request.call.canonical)
    if (request === undefined && id !== 0) this.violation(...wrongAnswer('unknownId'))
    else if (length > cap) this.violation(...wrongAnswer('longAnswer', { length, cap }))
    else if (request === undefined || this.inFlight.beginAnswer(request) === 'take') return 'take'
    else this.#watch?.onAnswer()
    return 'skip'
  }

  frame(header: FrameHeader, payload: Uint8Array): void {
    const { kind, id, index } = header
    this.#watch?.onFrame()
    if (kind === kinds.hello) this.#onHello(id, payload)
    else if (kind === kinds.ping) this.#onPing(id, payload)
    else if (kind === kinds.goaway) this.#onGoaway()
    else if (kind === kinds.pong) this.#onPong(id, payload)
    else if (id === 0) this.#onConnectionError(index, payload)
    else this.#onAnswer(header, payload)
  }

  oversize(): void {}

  violation(message: string, reason: ViolationReason): void {
    this.#fail(reason, `broke the protocol: ${message}.`)
  }

  // WatchedConnection

  get midFrame(): boolean {
    return this.#decoder.midFrame
  }

  get isUnanswered(): boolean {
    return this.inFlight.size > 0
  }

  ping(): void {
    this.#ownPings++
    addControlFrame(this.#writer, kinds.ping, 0)
  }

  onSlowFrame(ms: number): void {
    this.violation(...wrongAnswer('slowFrame', { ms }))
  }

  onSilence(what: string): void {
    this.#fail('silent', `does not ${what}.`)
  }

  onLinger(): void {
    this.#socket.destroy()
  }

  #rulesFor({ call }: PendingRequest): AnswerRules {
    return (this.#options.contracts[call.route.contractIndex] as ClientContract).rules
  }

  #fail(reason: UnavailableReason, what: string, cause?: unknown): void {
    this.fail(unavailable(reason, `The daemon at ${this.#options.path} ${what}`, cause))
  }

  #read(bytes: Uint8Array): void {
    const rest = this.#preface === undefined ? bytes : this.#readPreface(this.#preface, bytes)
    this.#decoder.push(rest)
    this.#watch?.onRead()
    this.#endIfDrained()
    this.#notifyFreeSlots()
  }

  #endIfDrained(): void {
    if (this.#state !== 'draining' || this.inFlight.waiting > 0) return
    this.#socket.end()
    this.#watch?.onEnding()
  }

  #notifyFreeSlots(): void {
    if (this.#state === 'ready') this.#options.requestEvents.onFreeSlots()
  }

  /** Returns what follows the preface. */
  #readPreface(before: Uint8Array, bytes: Uint8Array): Uint8Array {
    const both = Buffer.concat([before, bytes])
    const preface = readPreface(both)
    const { path } = this.#options
    if (preface === 'foreign') this.fail(unavailable('foreign', `The server at ${path} is no daemon of sidelane.`))
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
    this.#watch = new ConnectionWatch(this)
    this.#state = 'handshake'
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
          ? `did not accept the connection within ${connectTimeoutMs[this.address.kind]}`
          : `did not send HELLO within ${helloTimeoutMs}`
      this.#fail('silent', `${what} ms.`)
    })
  }

  #onHello(id: number, payload: Uint8Array): void {
    const hello = decodeServerHello(payload)
    if (typeof hello === 'string') return this.violation(hello, 'violation.hello')
    const contracts = id === 0 ? this.handshake.onAnswer(hello) : wrongAnswer('helloUnasked')
    if (isWrong(contracts)) return this.violation(...contracts)
    if (this.#state === 'handshake') {
      clearTimeout(this.#timeout)
      const { inFlight, answerBytes } = hello.limits
      this.inFlight.setLimit(inFlight)
      this.caps = { request: 0, answer: answerBytes }
      this.engine = hello.engine
      this.#state = 'ready'
    }
    if (this.#isStale) this.#drainItself()
    else this.#options.events.onHello(this, contracts)
  }

  #onAnswer(header: FrameHeader, payload: Uint8Array): void {
    this.#watch?.onAnswer()
    const request = this.inFlight.find(header.id) as PendingRequest
    if (!this.inFlight.endAnswer(request)) return
    request.call.queueUs = header.a
    request.call.runUs = header.b
    const answer = this.#readAnswer(header, payload, request)
    if (isWrong(answer)) this.violation(...answer)
    else this.inFlight.answer(request, answer, payload, this.#options.requestEvents)
  }

  #readAnswer({ kind, index }: FrameHeader, payload: Uint8Array, request: PendingRequest): Answer | WrongAnswer {
    const { call, length } = request
    const rules = this.#rulesFor(request)
    if (kind === kinds.accepted) return rules.checkAccepted(payload, length, call.canonical)
    if (kind === kinds.rejected) return readRejected(payload, index, rules.maxDepth)
    const fault = readRequestFault(payload, index)
    if (isWrong(fault) || fault.code !== 'deadline.exceeded') return fault
    return call.expiresAt === Number.POSITIVE_INFINITY ? wrongAnswer('code') : fault
  }

  #onPing(id: number, payload: Uint8Array): void {
    this.#unreadPings = this.#writer.full ? this.#unreadPings + 1 : 0
    if (this.#unreadPings > maxUnreadPings)
      return this.violation(...wrongAnswer('manyPings', { count: this.#unreadPings }))
    addControlFrame(this.#writer, kinds.pong, id, payload)
  }

  #onPong(id: number, payload: Uint8Array): void {
    if (this.#ownPings === 0 || id !== 0 || payload.length > 0) this.violation(...wrongAnswer('pong'))
    else this.#ownPings--
  }

  /** An ERROR with id 0 is about the connection, and the last frame of it. */
  #onConnectionError(number: number, payload: Uint8Array): void {
    const fault = readFault(payload, number)
    if (isWrong(fault)) this.violation(...fault)
    else if (fault.code === 'protocol.forbidden' && this.#state === 'handshake')
      this.#fail('forbidden', `does not serve uid ${ownUid()}; its --allow-uid names those that it does.`, fault)
    else if (fault.code !== 'protocol.violation') this.violation(...wrongAnswer('code'))
    else this.#fail('ended', 'ended the connection.', fault)
  }

  #onGoaway(): void {
    if (this.#state === 'handshake') this.#fail('draining', 'is shutting down.')
    else this.#drainItself()
  }

  #drainItself(): void {
    this.drain()
    this.#options.events.onDraining()
  }

  #onClose(): void {
    clearTimeout(this.#timeout)
    this.#watch?.stop()
    const wasReady = this.#state === 'ready' || this.#state === 'draining'
    this.#state = 'closed'
    const unanswered = this.inFlight.takeBackAll()
    this.#writer.close()
    this.#options.events.onClosed(this, unanswered, wasReady)
  }
}

const isWrong = (value: unknown): value is WrongAnswer => Array.isArray(value) && typeof value[0] === 'string'
