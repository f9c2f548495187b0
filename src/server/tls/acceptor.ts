// The listener of --tls-listen: a bounded number of handshakes at a time, each in a bounded time; what comes out are connections
// of verified peers. native/daemon/src/tls/acceptor.rs is the twin.

import { createServer, type Socket } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import { maxHandshakes, type TlsSettings } from '../config/settings.ts'
import { lingeringClose } from '../lingering-close.ts'
import type { Protocol } from '../request.ts'
import { TcpListener, type TcpEvents } from '../tcp-listener.ts'
import type { TlsRefusal } from '../telemetry.ts'
import { contextOf, type TlsFiles } from './files.ts'
import { peerNameOf, Peers, type Peer } from './peers.ts'

/** The names of the protocols in ALPN. They are part of WIRE.md. */
const alpn: Readonly<Record<string, Protocol>> = { 'sidelane/1': 'framed', 'http/1.1': 'http' }
/** From the accepted connection to the end of the handshake. */
const handshakeMs = 5000
/** A peer that vanished is found by the system. */
const keepAliveMs = 60_000
const lingerMs = 500

export interface TlsEvents extends TcpEvents {
  /** The peer is counted until the socket closes. The socket may half-close, and nothing has been read from it. */
  onConnection(socket: TLSSocket, peer: Peer, protocol: Protocol): void
  /** `peer`: the name in a certificate of the CA. */
  onRefused(reason: TlsRefusal, peer?: string): void
  onFirstConnection(peer: string): void
}

/** Rejects with ListenError. With `takeover`, another daemon may have the address still. */
export async function listenTls(
  settings: TlsSettings,
  files: TlsFiles,
  takeover: boolean,
  events: TlsEvents,
): Promise<TlsListener> {
  // The module takes milliseconds of each start.
  const { createServer: createTlsServer } = await import('node:tls')
  const server = createTlsServer({
    ...contextOf(files),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: Object.keys(alpn),
    // A client that ends its writing side still reads its answers.
    ...{ allowHalfOpen: true },
  })
  const listener = new TlsListener(settings, server, events)
  await listener.listen(takeover)
  return listener
}

interface Handshake {
  readonly socket: Socket
  readonly timer: NodeJS.Timeout
}

export class TlsListener {
  readonly peers: Peers
  readonly #settings: TlsSettings
  readonly #server: TlsServer
  readonly #events: TlsEvents
  readonly #listener: TcpListener
  /** Handshakes in progress by the client's address, the oldest first. */
  readonly #handshakes = new Map<string, Handshake>()
  /** Handshakes that were ended from here, and are counted: node:tls has yet to report the end of each. */
  #ended = 0

  constructor(settings: TlsSettings, server: TlsServer, events: TlsEvents) {
    this.#settings = settings
    this.peers = new Peers(settings.maxConnections, settings.perPeer)
    this.#server = server
    this.#events = events
    const accept = (socket: Socket): void => this.#accept(socket)
    const acceptor = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, accept)
    this.#listener = new TcpListener(acceptor, settings.listen, events)
    server.on('secureConnection', (socket) => this.#onHandshake(socket))
    server.on('tlsClientError', (error, socket) => this.#onFailure(error, socket))
  }

  get address(): string {
    return this.#listener.address
  }

  get handshakes(): number {
    return this.#handshakes.size
  }

  listen(takeover: boolean): Promise<void> {
    return this.#listener.listen(takeover)
  }

  /** Handshakes from now on use these files. */
  replace(files: TlsFiles): void {
    this.#server.setSecureContext(contextOf(files))
  }

  close(): void {
    this.#listener.close()
    for (const { socket } of this.#handshakes.values()) socket.destroy()
  }

  #accept(socket: Socket): void {
    const key = keyOf(socket)
    // The client is gone.
    if (key === undefined) return void socket.destroy()
    socket.setKeepAlive(true, keepAliveMs)
    // The connection over TLS reports them.
    socket.on('error', () => {})
    const [oldest] = this.#handshakes
    if (oldest !== undefined && this.#handshakes.size >= maxHandshakes) this.#end(...oldest, 'handshakes')
    // The timeout of node:tls restarts with each byte.
    const timer = setTimeout(() => this.#end(key, handshake, 'timeout'), handshakeMs).unref()
    const handshake = { socket, timer }
    this.#handshakes.set(key, handshake)
    socket.once('close', () => {
      if (this.#handshakes.get(key) === handshake) this.#forget(key, handshake)
    })
    this.#server.emit('connection', socket)
  }

  #end(key: string, handshake: Handshake, reason: TlsRefusal): void {
    this.#forget(key, handshake)
    this.#ended++
    this.#events.onRefused(reason)
    handshake.socket.destroy()
  }

  #forget(key: string, { timer }: Handshake): void {
    clearTimeout(timer)
    this.#handshakes.delete(key)
  }

  #onHandshake(socket: TLSSocket): void {
    const key = keyOf(socket)
    if (key === undefined) return void socket.destroy()
    const handshake = this.#handshakes.get(key)
    if (handshake !== undefined) this.#forget(key, handshake)
    const certificate = socket.getPeerX509Certificate()
    // Neither happens: node:tls ends such a connection before.
    if (!socket.authorized || certificate === undefined) return this.#refuse(socket, 'certificate')
    // As rustls does: who has the key of a CA makes certificates, and is no client.
    if (certificate.ca) return this.#refuse(socket, 'certificate')
    if (socket.isSessionReused()) return this.#refuse(socket, 'protocol')
    const { name, isAllowed } = peerNameOf(certificate, this.#settings.allowSans)
    if (!isAllowed) return this.#refuse(socket, 'san', name)
    const { alpnProtocol } = socket
    // A client may leave ALPN out; then neither protocol is chosen.
    if (typeof alpnProtocol !== 'string' || !Object.hasOwn(alpn, alpnProtocol))
      return this.#refuse(socket, 'alpn', name)
    const peer = this.peers.enter(name)
    if (typeof peer === 'string') return this.#refuse(socket, peer, name)
    socket.once('close', () => this.peers.leave(peer))
    if (this.peers.isNew(peer)) this.#events.onFirstConnection(name)
    this.#events.onConnection(socket, peer, alpn[alpnProtocol] as Protocol)
  }

  #refuse(socket: TLSSocket, reason: TlsRefusal, peer?: string): void {
    this.#events.onRefused(reason, peer)
    socket.on('error', () => {})
    lingeringClose(socket, lingerMs)
  }

  /** node:tls closes the connection. */
  #onFailure(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const reason = refusalOf(error, socket.authorizationError as unknown as string | undefined)
    if (reason === 'closed' && this.#ended > 0) this.#ended--
    else this.#events.onRefused(reason)
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`

/** `authorizationError`: what the verification of the certificate found. */
function refusalOf({ code = '' }: NodeJS.ErrnoException, authorizationError: string | undefined): TlsRefusal {
  if (typeof authorizationError === 'string') {
    return /EXPIRED|NOT_YET_VALID/.test(authorizationError) ? 'expired' : 'certificate'
  }
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'no_certificate'
  if (code === 'ERR_SSL_UNSUPPORTED_PROTOCOL' || code === 'ERR_SSL_VERSION_TOO_LOW') return 'version'
  if (code === 'ERR_SSL_NO_APPLICATION_PROTOCOL') return 'alpn'
  return code.startsWith('ERR_SSL_') && !code.includes('_ALERT_') ? 'protocol' : 'closed'
}
