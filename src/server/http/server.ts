// The HTTP side of the daemon: node:http on connections that the listener accepted.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpConnection, idleMs } from './connection.ts'
import type { HttpContext } from './exchange.ts'
import { httpErrorOf, malformed, maxHeadBytes } from './http-error.ts'
import { HttpRequest } from './request.ts'
import { createPages, type PageSources } from './pages.ts'
import type { Access } from '../access.ts'

const headMs = 5000
const requestMs = 10_000
const checkMs = 250

/** A method or an empty line. Another first byte is another protocol. */
const firstByte = /[\r!#$%&'*+.^_`|~0-9A-Za-z-]/

export interface HttpServerOptions extends PageSources {
  /** Of a request that names none. */
  readonly deadlineMs: number
}

export class HttpServer {
  readonly #context: HttpContext
  readonly #server: Server<typeof HttpRequest>
  readonly #connections = new Map<Socket, HttpConnection>()
  #onEmpty: (() => void) | undefined

  constructor(options: HttpServerOptions) {
    const { service, telemetry, deadlineMs } = options
    this.#context = { service, telemetry, deadlineMs, pages: createPages(options) }
    const server = createServer({
      IncomingMessage: HttpRequest,
      connectionsCheckingInterval: checkMs,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      maxHeaderSize: maxHeadBytes,
      // readHead checks Host: an empty one is valid.
      requireHostHeader: false,
      // Overrides NODE_OPTIONS.
      insecureHTTPParser: false,
    })
    // A client that ends its writing side still gets its responses.
    Object.assign(server, { httpAllowHalfOpen: true })
    const request = (req: HttpRequest, res: ServerResponse): void =>
      this.#connections.get(req.socket)?.request(req, res)
    server.on('request', request).on('checkContinue', request).on('checkExpectation', request)
    server.on('clientError', (error, socket) => {
      const httpError = httpErrorOf(error)
      if (httpError === undefined) socket.destroy()
      else this.#connections.get(socket as Socket)?.fail(httpError)
    })
    server.on('connect', ({ socket }) => this.#connections.get(socket)?.fail(malformed('CONNECT is not supported.')))
    // The timeouts run from this event on; the server itself does not listen.
    server.emit('listening')
    this.#server = server
  }

  /** Takes over a connection; `first` is what has been read of it. */
  readonly accept = (socket: Socket, first: Uint8Array, access: Access): void => {
    const { telemetry } = this.#context
    telemetry.opened('http')
    this.#server.emit('connection', socket)
    this.#connections.set(socket, new HttpConnection(socket, this.#context, access))
    socket.on('close', () => {
      telemetry.closed('http')
      this.#connections.delete(socket)
      if (this.#connections.size === 0) this.#onEmpty?.()
    })
    if (first.length > 0) socket.unshift(first)
    if (first.length > 0 && !firstByte.test(String.fromCharCode(first[0] as number))) socket.destroy()
    else socket.resume()
  }

  /** Closes idle connections, the others behind their responses. Resolves when none is left, or at the signal: then all are cut. */
  async drain(signal: AbortSignal): Promise<void> {
    // `closeIdleConnections` would also cut responses that are not written yet.
    const closeIdle = (): void => {
      const sockets = [...this.#connections.keys()]
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      if (!sockets.some(({ writableLength }) => writableLength > 0)) this.#server.closeIdleConnections()
    }
    closeIdle()
    const timer = setInterval(closeIdle, checkMs)
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (this.#connections.size === 0 || signal.aborted) resolve()
    })
    clearInterval(timer)
    for (const socket of this.#connections.keys()) socket.destroy()
  }
}
