// A listener of TCP. With --takeover, the address may still belong to the daemon that is taken over.
// native/daemon/src/tcp_listener.rs is the twin.

import type { Server } from 'node:net'
import { tlsTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { ListenError } from './listen-error.ts'

const backlog = 511
/** Between two tries to bind. */
const retryMs = 100

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

export interface TcpEvents {
  onAcceptFailed(error: NodeJS.ErrnoException): void
  onWarning(message: string): void
}

export class TcpListener {
  readonly #server: Server
  readonly #listen: TcpAddress
  readonly #events: TcpEvents
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(server: Server, listen: TcpAddress, events: TcpEvents) {
    this.#server = server
    this.#listen = listen
    this.#events = events
    // Without a handler, a failed accept ends the process.
    server.on('error', (error) => {
      if (server.listening) events.onAcceptFailed(error)
    })
  }

  /** `host:port`; the port of a listener that the system chose. */
  get address(): string {
    const { host, port } = this.#listen
    const bound = this.#server.address()
    return addressText(host, typeof bound === 'object' && bound !== null ? bound.port : port)
  }

  /** Rejects with ListenError. With `takeover`, another daemon may have the address still. */
  async listen(takeover: boolean): Promise<void> {
    const error = await this.#bind()
    if (error === undefined) return
    const address = addressText(this.#listen.host, this.#listen.port)
    const message = fillTemplate(texts.cannotListen, { address, reason: reasonOf(error) })
    if (!takeover || error.code !== 'EADDRINUSE') throw new ListenError(message, { cause: error })
    this.#events.onWarning(message)
    const again = (): void => {
      this.#retry = setTimeout(() => {
        void this.#bind().then((failed) => failed !== undefined && !this.#closed && again())
      }, retryMs).unref()
    }
    again()
  }

  /** Leaves the address. Connections stay. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#server.close()
  }

  #bind(): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const server = this.#server
      const onError = (error: NodeJS.ErrnoException): void => {
        server.removeListener('listening', onListening)
        resolve(error)
      }
      const onListening = (): void => {
        server.removeListener('error', onError)
        resolve(undefined)
      }
      server.once('error', onError).once('listening', onListening)
      server.listen({ ...this.#listen, backlog })
    })
  }
}

export const addressText = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Of a failed bind. */
function reasonOf({ code, errno = 0 }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' || code === 'EACCES') return texts[code]
  return fillTemplate(texts.other, { number: Math.abs(errno) })
}
