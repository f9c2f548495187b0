// One framed connection, daemon side: frames in, requests to the queue, answers out, and the rules of WIRE.md. Bytes of
// frames are in wire/, unwritten bytes in util/write-batcher.ts, timeouts in timeouts.ts.

import type { Socket } from 'node:net'
import { deadlineError, rejectedSize, stackless, type SidelaneError } from '../model/index.ts'
import { WriteBatcher } from '../util/write-batcher.ts'
import {
  addControlFrame,
  addPreface,
  answerCap,
  decodeClientHello,
  encodeServerHello,
  FrameDecoder,
  kinds,
  prefaceBytes,
  protocolVersion,
  readPreface,
  requestSlackBytes,
  type FrameSink,
  type FrameHeader,
} from '../wire/index.ts'
import { ContractIndices, type ContractRegistry, type LoadedContract } from './contracts.ts'
import { addAnswer, FramedRequest, newBlockArena, type FramedRequestTarget } from './framed-request.ts'
import type { Observer, ShedReason } from './telemetry.ts'
import type { RequestQueue } from './queue.ts'
import type { ServiceSettings } from './config/settings.ts'
import type { Peer } from './tls/peers.ts'
import { FramedTimeouts, type FramedLimits } from './timeouts.ts'

/** What all framed connections share. */
export interface FramedContext {
  readonly settings: ServiceSettings
  readonly limits: FramedLimits
  readonly engine: 'js' | 'native'
  readonly queue: RequestQueue
  /** The queue copies payloads inside `submit`. */
  readonly copiesPayload: boolean
  readonly observer: Observer
  readonly onClosed: (connection: FramedConnection) => void
}

/** Bounds a write, so that the progress of a slow reader is seen. */
const maxWriteBytes = 128 * 1024
const nothing = Buffer.alloc(0)

export class FramedConnection implements FrameSink {
  readonly #context: FramedContext
  readonly #socket: Socket
  readonly #table: ContractRegistry
  readonly #peer: Peer | undefined
  readonly #indices: ContractIndices
  readonly caps: { readonly request: number; readonly answer: number }
  readonly #decoder = new FrameDecoder('server', this)
  readonly #writer: WriteBatcher
  readonly #target: FramedRequestTarget
  readonly #timeouts: FramedTimeouts
  /** Requests without an answer, by id. */
  readonly #requests = new Map<number, FramedRequest>()
  /** Requests whose answers have not been handed to the socket. */
  #inFlight = 0
  /** The part of the preface that has arrived; undefined when it is complete. */
  #preface: Buffer | undefined = Buffer.alloc(0)
  /** Bytes reserved in the queue for the request whose body is being read. */
  #reserved = 0
  /** When the header of that request arrived. */
  #openedAt = 0
  #now = 0
  #sentGoaway = false
  /** Input is read and dropped. */
  #discardsInput = false
  /** The connection ends when all answers are written. */
  #draining = false
  /** The violation that is answered when all requests are. */
  #violation: string | undefined
  #closed = false

  /** `peer`: of a connection over TLS. */
  constructor(socket: Socket, context: FramedContext, table: ContractRegistry, peer?: Peer) {
    const { limits, observer } = context
    this.#peer = peer
    this.#socket = socket
    this.#context = context
    this.#table = table
    this.#indices = new ContractIndices(table)
    const request = table.maxBytes + requestSlackBytes
    this.caps = { request, answer: answerCap(table.maxBytes) }
    this.#writer = new WriteBatcher({
      target: socket,
      arena: newBlockArena(),
      maxWriteBytes,
      maxPendingBytes: limits.hardOutputBytes,
      onProgress: (bytes) => {
        observer.sent(bytes)
        this.#onOutput()
      },
      onHandedOver: (answers) => this.#addInFlight(-answers),
    })
    this.#target = { writer: this.#writer, peer, onAnswer: this.#onAnswer }
    this.#timeouts = new FramedTimeouts(limits, performance.now())
    table.retain()
    observer.opened('framed')
    socket.on('data', this.read)
    socket.once('end', () => this.#drain())
    socket.once('close', () => this.#onClose())
    // 'close' follows.
    socket.on('error', () => {})
  }

  /** Takes bytes of the client; they are not kept. */
  readonly read = (chunk: Buffer): void => {
    this.#context.observer.received(chunk.length)
    if (this.#discardsInput) return
    this.#now = performance.now()
    const rest = this.#preface === undefined ? chunk : this.#readPreface(this.#preface, chunk)
    if (rest.length > 0) this.#decoder.push(rest)
    this.#timeouts.onRead(this.#now, this.#decoder.midFrame)
    this.#applyBackpressure()
  }

  /** Asks the client to send no more requests. Those that arrive are still answered. */
  goAway(): void {
    if (this.#sentGoaway) return
    this.#sentGoaway = true
    this.#timeouts.lastActiveAt = performance.now()
    if (this.#preface === undefined && !this.#draining) addControlFrame(this.#writer, kinds.goaway, 0)
  }

  /** Checks the timeouts. */
  tick(now: number): void {
    const action = this.#timeouts.check(now, {
      isBusy: this.#inFlight > 0 || this.#writer.pending > 0,
      sentGoaway: this.#sentGoaway,
      written: this.#writer.written,
    })
    if (action === 'destroy') this.destroy()
    else if (action === 'drain') {
      this.goAway()
      this.#drain()
    } else if (action !== undefined && !this.#draining) this.violation(action)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  // FrameSink

  open(head: FrameHeader): 'take' | 'skip' {
    if (head.kind !== kinds.request) return 'take'
    const served = this.#indices.byIndex[head.index]
    if (served === undefined) return this.#answerAtOnce(head, stackless('contract.unknown'))
    if (head.a === 0) return this.#answerAtOnce(head, deadlineError('door'))
    const { settings, queue } = this.#context
    if (this.#peer?.isFull === true || this.#inFlight >= settings.maxInFlight)
      return this.#refuse(head, served, 'in_flight')
    if (this.#writer.full) return this.#refuse(head, served, 'output')
    const refusal = queue.reserve(head.length, this.#peer)
    if (refusal !== undefined) return this.#refuse(head, served, refusal)
    this.#reserved = head.length
    this.#addInFlight(1)
    this.#openedAt = this.#now
    return 'take'
  }

  frame(head: FrameHeader, payload: Uint8Array, own: boolean): void {
    this.#timeouts.completedFrame = true
    if (head.kind === kinds.request) this.#onRequest(head, payload, own)
    else if (head.kind === kinds.ping) addControlFrame(this.#writer, kinds.pong, head.id, payload)
    else if (head.kind === kinds.hello) this.#onHello(head, payload)
    else if (head.kind === kinds.cancel) {
      const request = this.#requests.get(head.id)
      if (request !== undefined) this.#context.queue.cancel(request)
    }
  }

  oversize(head: FrameHeader): void {
    this.#answerAtOnce(head, undefined)
  }

  violation(message: string): void {
    // No frame can be sent before the prefaces.
    if (this.#preface !== undefined) return this.destroy()
    this.#discardsInput = true
    this.#decoder.stop()
    this.#releaseReserved()
    this.#violation = message
    this.#drain()
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** Returns what follows the preface. */
  #readPreface(before: Buffer, chunk: Buffer): Buffer {
    const bytes = before.length === 0 ? chunk : Buffer.concat([before, chunk])
    const preface = readPreface(bytes)
    if (preface === 'foreign') this.destroy()
    // A copy: the chunk is reused by the reader.
    else if (preface === 'more') this.#preface = Buffer.from(bytes)
    else {
      this.#preface = undefined
      addPreface(this.#writer)
      if (preface.version === protocolVersion) {
        if (this.#sentGoaway) addControlFrame(this.#writer, kinds.goaway, 0)
        return bytes.subarray(prefaceBytes)
      }
      this.#discardsInput = true
      this.#drain()
    }
    return nothing
  }

  #onHello(head: FrameHeader, payload: Uint8Array): void {
    const hello = decodeClientHello(payload)
    if (typeof hello === 'string') return this.violation(hello)
    this.#timeouts.receivedHello = true
    const { settings, engine } = this.#context
    // A peer over TLS shares its bound among its connections.
    const inFlight = Math.min(settings.maxInFlight, this.#peer?.limits.inFlight ?? settings.maxInFlight)
    const { request: requestBytes, answer: answerBytes } = this.caps
    const answer = encodeServerHello({
      contracts: hello.contracts.map((asked) => this.#indices.answer(asked)),
      server: settings.server,
      engine,
      limits: { requestBytes, answerBytes, inFlight },
    })
    addControlFrame(this.#writer, kinds.hello, head.id, answer)
  }

  #onRequest(head: FrameHeader, body: Uint8Array, own: boolean): void {
    const served = this.#indices.byIndex[head.index] as LoadedContract
    const copies = !own && !this.#context.copiesPayload
    const request = new FramedRequest(this.#target, served, head, body, copies, this.#openedAt)
    this.#reserved = 0
    this.#requests.set(head.id, request)
    this.#context.queue.submit(request)
  }

  #refuse(head: FrameHeader, served: LoadedContract, reason: ShedReason): 'skip' {
    return this.#answerAtOnce(head, this.#context.queue.overloaded(reason), served)
  }

  /** Answers a request whose body is skipped: with the fault, or `limit.bytes`. */
  #answerAtOnce(
    head: FrameHeader,
    fault: SidelaneError | undefined,
    served = this.#indices.byIndex[head.index],
  ): 'skip' {
    this.#timeouts.completedFrame = true
    const { maxBytes } = served?.contract.profile.limits ?? this.#table
    const answer = fault ?? rejectedSize(maxBytes)
    addAnswer(this.#writer, head.id, answer)
    const { code, status } = answer
    const asked = { contract: served, protocol: 'framed', inBytes: head.length, trace: undefined } as const
    this.#context.observer.request(asked, code, status, 0, 0, 0)
    return 'skip'
  }

  readonly #onAnswer = (request: FramedRequest): void => {
    this.#forget(request)
    this.#onOutput()
  }

  /** There are more or fewer unwritten bytes than before. */
  #onOutput(): void {
    this.#applyBackpressure()
    this.#endIfDrained()
  }

  /** Ends the connection when all requests are answered and all answers are written. */
  #drain(): void {
    this.#draining = true
    this.#releaseReserved()
    this.#endIfDrained()
  }

  #endIfDrained(): void {
    if (!this.#draining || this.#closed || this.#requests.size > 0) return
    if (this.#violation !== undefined) {
      const fault = stackless('protocol.violation', {
        message: this.#violation,
      })
      this.#violation = undefined
      addAnswer(this.#writer, 0, fault)
    }
    if (this.#writer.pending > 0) return
    this.#discardsInput = true
    this.#timeouts.endedAt ??= performance.now()
    this.#socket.end()
  }

  /** Stops reading from a client that does not read its answers. */
  #applyBackpressure(): void {
    if (this.#closed || this.#discardsInput) return
    const { softOutputBytes } = this.#context.limits
    if (this.#socket.isPaused()) {
      if (this.#writer.pending > softOutputBytes / 2) return
      this.#timeouts.onResume(performance.now())
      this.#socket.resume()
    } else if (this.#writer.pending >= softOutputBytes) {
      this.#timeouts.onPause(performance.now())
      this.#socket.pause()
    }
  }

  /** The rest of the request that is being read will not arrive. */
  #releaseReserved(): void {
    if (this.#reserved === 0) return
    this.#context.queue.release(this.#reserved, this.#peer)
    this.#reserved = 0
    this.#addInFlight(-1)
  }

  #addInFlight(count: number): void {
    this.#inFlight += count
    if (this.#peer !== undefined) this.#peer.inFlight += count
  }

  #forget(request: FramedRequest): void {
    this.#requests.delete(request.id)
    request.releasePayload()
  }

  #onClose(): void {
    this.#closed = true
    this.#decoder.stop()
    this.#releaseReserved()
    for (const request of this.#requests.values()) if (this.#context.queue.drop(request)) this.#forget(request)
    this.#writer.close()
    this.#addInFlight(-this.#inFlight)
    this.#table.release()
    this.#context.observer.closed('framed')
    this.#context.onClosed(this)
  }
}
