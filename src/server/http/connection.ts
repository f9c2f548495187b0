// One connection that speaks HTTP: exchanges in their order, one at a time, and what node:http does not bound: pipelined
// requests, a client that does not read, the end.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Exchange, type HttpContext, type Send } from './exchange.ts'
import { requestTimeout, type HttpError } from './http-error.ts'
import { Backlog, type HttpRequest } from './request.ts'
import { problem, responseBytes } from './response.ts'
import type { Access } from '../access.ts'
import type { Peer } from '../tls/peers.ts'
import { lingeringClose } from '../lingering-close.ts'

export const idleMs = 65_000
/** Without progress. */
const writeTimeoutMs = 5000
const lingerMs = 1000
const lateMs = 1000
/** With more unwritten, no further request starts. */
const maxUnwrittenBytes = 1_048_576

export class HttpConnection {
  readonly #socket: Socket
  readonly #context: HttpContext
  readonly #access: Access
  readonly #peer: Peer | undefined
  #current: Exchange | undefined
  readonly #waiting: Exchange[] = []
  readonly #backlog = new Backlog()
  /** The request that was read last. */
  #last: Exchange | undefined
  /** Of that request or of the bytes behind it. */
  #error: HttpError | undefined
  #late: NodeJS.Timeout | undefined
  #isClosing = false
  #isAdvancing = false
  #received = 0

  /** `peer`: of a connection over TLS. */
  constructor(socket: Socket, context: HttpContext, access: Access, peer?: Peer) {
    this.#socket = socket
    this.#peer = peer
    this.#context = context
    this.#access = access
    // node:http has no idle timeout before the first response.
    if (socket.bytesRead === 0) socket.setTimeout(idleMs)
    socket.on('close', () => this.#close())
    // node:http resumes the socket with each request that is complete. Its own listener comes before this one.
    socket.on('resume', () => {
      if (this.#backlog.isFull && !this.#isClosing) socket.pause()
    })
  }

  request(req: HttpRequest, res: ServerResponse): void {
    if (this.#isClosing || this.#error !== undefined) return void req.resume()
    clearTimeout(this.#late)
    const exchange = new Exchange(req, res, this.#context, this.#access, this.#peer, this.#send)
    this.#last = exchange
    if (this.#current === undefined && this.#socket.writableLength <= maxUnwrittenBytes) this.#start(exchange)
    else this.#wait(exchange, req)
    this.#watchWrites()
  }

  /** The last request is not complete, or the bytes behind it are no request. */
  fail(error: HttpError): void {
    if (this.#isClosing || this.#error !== undefined) return
    const last = this.#last
    if (error.status === requestTimeout) {
      // node:http counts from the connection on, but a connection that has sent nothing is idle.
      if (this.#socket.bytesRead === 0) return
      if (this.#isBusy) return this.#failLater(error)
    }
    if (last === this.#current && last?.isRead === false) return last.fail(error)
    if (last?.isRead === false && last.answered) return this.#linger()
    this.#error = error
    this.#advance()
  }

  /** The socket may be paused: a request that comes next is late because of those before it. */
  #failLater(error: HttpError): void {
    const incomplete = this.#last?.isRead === false ? this.#last : undefined
    this.#late = setTimeout(() => {
      if (incomplete?.isRead !== true) this.fail(error)
    }, lateMs)
  }

  /** A request that is complete has no response yet. */
  get #isBusy(): boolean {
    return this.#current?.isRead === true || this.#waiting.length > 0
  }

  #wait(exchange: Exchange, req: HttpRequest): void {
    const wasFull = this.#backlog.isFull
    req.enter(this.#backlog)
    this.#waiting.push(exchange)
    if (!wasFull && this.#backlog.isFull) this.#socket.pause()
  }

  #start(exchange: Exchange): void {
    this.#current = exchange
    exchange.start()
  }

  readonly #send: Send = (res, bytes, closes) => {
    this.#current = undefined
    this.#write(bytes)
    // The rest of what ServerResponse does: it reads past the body, starts the idle timeout and makes way for the next one.
    res.emit('finish')
    if (closes) this.#linger()
    else this.#watchWrites()
    this.#advance()
  }

  /** node:http stops or replaces the socket's timeout with each request and response. */
  #watchWrites(): void {
    if (this.#socket.writableLength > 0) this.#socket.setTimeout(writeTimeoutMs)
  }

  #write(bytes: Buffer): void {
    this.#socket.write(bytes, this.#written)
    if (this.#access === 'excess') this.#context.service.answeredExcess(this.#socket)
    this.#context.telemetry.sent(bytes.length)
    this.#countReceived()
  }

  readonly #written = (error?: Error | null): void => {
    const socket = this.#socket
    if (error || socket.writableLength > 0) return
    if (socket.timeout === writeTimeoutMs) socket.setTimeout(this.#current === undefined ? idleMs : 0)
    if (this.#waiting.length > 0) this.#advance()
  }

  /** Starts what waits. In a loop: a response that is written at once would recurse for each pipelined request. */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    while (this.#canStart && this.#startNext());
    this.#isAdvancing = false
  }

  get #canStart(): boolean {
    const { destroyed, writableLength } = this.#socket
    return !destroyed && !this.#isClosing && this.#current === undefined && writableLength <= maxUnwrittenBytes
  }

  /** False: nothing waits. */
  #startNext(): boolean {
    const next = this.#waiting.shift()
    if (next === undefined) {
      if (this.#error !== undefined) this.#end()
      return false
    }
    next.leaveBacklog()
    if (this.#waiting.length === 0 && this.#socket.isPaused()) this.#socket.resume()
    if (this.#error === undefined || next.isRead) this.#start(next)
    else {
      this.#current = next
      next.fail(this.#error)
    }
    return true
  }

  #end(): void {
    const { status, detail, isHead } = this.#error as HttpError
    const response = problem('protocol.violation', { status, detail, closes: true })
    this.#context.telemetry.page(undefined, status, response.code, response.body.length, 0)
    this.#write(responseBytes(response, { isHead, closes: true }))
    this.#linger()
  }

  #linger(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#drop()
    lingeringClose(this.#socket, lingerMs)
  }

  #drop(): void {
    this.#current?.drop()
    this.#current = undefined
    this.#waiting.length = 0
  }

  #close(): void {
    clearTimeout(this.#late)
    this.#drop()
    this.#countReceived()
  }

  #countReceived(): void {
    const { bytesRead } = this.#socket
    this.#context.telemetry.received(bytesRead - this.#received)
    this.#received = bytesRead
  }
}
