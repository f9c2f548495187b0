// One connection that speaks HTTP: exchanges in their order, one at a time, and what node:http does not bound: pipelined
// requests, a client that does not read, the end.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpContext } from './context.ts'
import { Exchange, type Send } from './exchange.ts'
import type { HttpError } from './http-error.ts'
import type { HttpRequest } from './http-request.ts'
import { problem, responseBytes } from './response.ts'

const writeTimeoutMs = 5000
const lingerMs = 1000
/** With more pipelined requests waiting, the socket is not read. */
const maxWaiting = 32
/** With more unwritten, no further request starts. */
const maxUnwrittenBytes = 1_048_576

export class HttpConnection {
  readonly #socket: Socket
  readonly #context: HttpContext
  readonly #reserved: boolean
  #current: Exchange | undefined
  readonly #waiting: Exchange[] = []
  /** The request that was read last. */
  #last: Exchange | undefined
  /** Behind the request that was read last. */
  #error: HttpError | undefined
  #isClosing = false
  #received = 0

  constructor(socket: Socket, context: HttpContext, reserved: boolean) {
    this.#socket = socket
    this.#context = context
    this.#reserved = reserved
    // node:http destroys the socket behind the last response, which loses it when bytes from the client are unread.
    socket.destroySoon = () => this.#linger()
    socket.on('close', () => this.#close())
    // Reading a body resumes the socket.
    socket.on('resume', () => {
      if (this.#waiting.length >= maxWaiting && !this.#isClosing) socket.pause()
    })
  }

  request(req: HttpRequest, res: ServerResponse): void {
    if (this.#isClosing || this.#error !== undefined) return void req.resume()
    const exchange = new Exchange(req, res, this.#context, this.#reserved, this.#send)
    this.#last = exchange
    if (this.#current !== undefined || this.#socket.writableLength > maxUnwrittenBytes) {
      if (this.#waiting.push(exchange) === maxWaiting) this.#socket.pause()
      return
    }
    this.#start(exchange)
  }

  /** The bytes behind the last request are no request, or the last request is not complete. */
  fail(error: HttpError): void {
    if (this.#isClosing || this.#error !== undefined) return
    const last = this.#last
    if (last === undefined || last.isRead) this.#error = error
    else if (last.answered) return this.#linger()
    else if (last === this.#current) return last.fail(error)
    else this.#error = error
    this.#advance()
  }

  #start(exchange: Exchange): void {
    this.#current = exchange
    exchange.start()
  }

  readonly #send: Send = (res, bytes, closes) => {
    this.#current = undefined
    this.#write(bytes)
    if (closes) this.#linger()
    // The rest of what ServerResponse does: it reads past the body and makes way for the next request.
    res.emit('finish')
    this.#advance()
  }

  #write(bytes: Buffer): void {
    const socket = this.#socket
    socket.write(bytes, this.#written)
    this.#count(bytes.length)
    if (socket.writableLength > 0) socket.setTimeout(writeTimeoutMs)
  }

  readonly #written = (): void => {
    if (this.#waiting.length > 0) this.#advance()
  }

  #advance(): void {
    if (this.#isClosing || this.#current !== undefined || this.#socket.writableLength > maxUnwrittenBytes) return
    const next = this.#waiting.shift()
    if (next === undefined) {
      if (this.#error !== undefined) this.#end()
      return
    }
    if (this.#waiting.length === 0 && this.#socket.isPaused()) this.#socket.resume()
    this.#start(next)
  }

  #end(): void {
    const { status, detail } = this.#error as HttpError
    const response = problem('protocol.violation', { status, detail, closes: true })
    this.#write(responseBytes(response, { isHead: false, closes: true }))
    this.#context.telemetry.page(undefined, status, response.body.length, 0)
    this.#linger()
  }

  /** Ends the writing side and drops what still arrives, so that the client reads the response and no reset. */
  #linger(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#drop()
    this.#socket.end()
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  #drop(): void {
    this.#current?.drop()
    this.#current = undefined
    this.#waiting.length = 0
  }

  #close(): void {
    this.#drop()
    this.#count(0)
  }

  #count(sent: number): void {
    const { bytesRead } = this.#socket
    this.#context.telemetry.received(bytesRead - this.#received)
    this.#received = bytesRead
    if (sent > 0) this.#context.telemetry.sent(sent)
  }
}
