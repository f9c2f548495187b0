// The HTTP side of the daemon: node:http on connections that the listener accepted.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpConnection, idleMs } from './connection.ts'
import type { HttpContext } from './exchange.ts'
import { httpErrorOf, malformed, maxHeadBytes } from './http-error.ts'
import { HttpRequest } from './request.ts'
import type { HttpHandler } from '../service.ts'
import { createPages, type PageSources } from './pages.ts'
import type { Access } from '../access.ts'
import type { Peer } from '../tls/peers.ts'

const headMs = 5000
const requestMs = 10_000
const checkMs = 250

/** A method or an empty line. Another first byte is another protocol. */
const firstByte = /[\r!#$%&'*+.^_`|~0-9A-Za-z-]/

export interface HttpServerOptions extends PageSources {
  /** Of a request that names none. */
  readonly deadlineMs: number
}

export class HttpServer implements HttpHandler {
  readonly #context: HttpContext
  readonly #server: Server<typeof HttpRequest>
  readonly #connections = new Map<Socket, HttpConnection>()

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

  accept(socket: Socket, first: Uint8Array, access: Access, peer?: Peer): void {
    const { telemetry } = this.#context
    // The metrics count connections of clients.
    const isCounted = access !== 'monitoring'
    if (isCounted) telemetry.opened('http')
    this.#server.emit('connection', socket)
    this.#connections.set(socket, new HttpConnection(socket, this.#context, access, peer))
    socket.on('close', () => {
      if (isCounted) telemetry.closed('http')
      this.#connections.delete(socket)
    })
    if (first.length > 0) socket.unshift(first)
    if (first.length > 0 && !firstByte.test(String.fromCharCode(first[0] as number))) socket.destroy()
    else socket.resume()
  }

  closeIdle(): void {
    for (const { writableLength } of this.#connections.keys()) {
      // The server would also cut a response that is not written yet.
      if (writableLength > 0) return
    }
    this.#server.closeIdleConnections()
  }
}
