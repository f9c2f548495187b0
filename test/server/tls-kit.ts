// A daemon with --tls-listen, certificates for it and for clients, and clients that do what no library does.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll } from 'vitest'
import { ask, startDaemon, type Daemon, type DaemonKind, type Page } from '../support/daemon.ts'
import { TestCa, type Identity } from '../support/tls-files.ts'

export interface TlsOptions {
  readonly kind: DaemonKind
  readonly socket: string
  readonly contract: string
  readonly server: Identity
  readonly ca: string
  readonly args?: readonly string[]
}

/** A daemon that listens on a Unix socket and on a port of 127.0.0.1. */
export class TlsDaemon {
  readonly daemon: Daemon
  readonly socket: string
  readonly port: number

  private constructor(daemon: Daemon, socket: string, port: number) {
    this.daemon = daemon
    this.socket = socket
    this.port = port
  }

  static async start({ kind, socket, contract, server, ca, args = [] }: TlsOptions): Promise<TlsDaemon> {
    const listen = args.includes('--tls-listen') ? [] : ['--tls-listen', '127.0.0.1:0']
    const files = ['--tls-cert', server.cert, '--tls-key', server.key, '--tls-client-ca', ca]
    const all = ['--socket', socket, '--contract', contract, ...listen, ...files, ...args]
    const daemon = await startDaemon({ kind, args: all })
    const { tls } = await daemon.event('listening')
    return new TlsDaemon(daemon, socket, Number(/:(\d+)$/.exec(String(tls))?.[1]))
  }

  get address(): string {
    return `tls://localhost:${this.port}`
  }

  /** Values of the metrics with this prefix by name and labels, asked over the Unix socket. */
  async metrics(prefix = 'sidelane_tls_'): Promise<Record<string, number>> {
    const text = (await ask(this.socket, '/metrics')).body.toString()
    const samples = [...text.matchAll(/^([^#\s][^\s]*) (\S+)$/gm)]
    return Object.fromEntries(
      samples.flatMap(([, name = '', value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), Number(value)]] : [],
      ),
    )
  }

  /** Refusals by reason, without those that did not happen. */
  async refusals(): Promise<Record<string, number>> {
    const all = await this.metrics('sidelane_tls_refused_total{reason="')
    return Object.fromEntries(
      Object.entries(all).flatMap(([name, count]) => (count === 0 ? [] : [[name.replace('"}', ''), count]])),
    )
  }

  /** A TLS connection that ended its handshake on the client's side; TLS 1.3 clients do so before the server decides. */
  async connect(client: Identity | undefined, ca: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({
      host: 'localhost',
      port: this.port,
      ca: readFileSync(ca),
      ...(client !== undefined && { cert: readFileSync(client.cert), key: readFileSync(client.key) }),
      ALPNProtocols: ['http/1.1'],
      ...options,
    })
    await once(socket, 'secureConnect')
    return socket
  }

  /** Whether a client gets an answer to GET /readyz. */
  async serves(client: Identity | undefined, ca: string, options: ConnectionOptions = {}): Promise<boolean> {
    try {
      const socket = await this.connect(client, ca, options)
      const answer = textOf(socket)
      socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      return (await answer).startsWith('HTTP/1.1 200 ')
    } catch {
      return false
    }
  }

  /** A TCP connection without TLS. */
  async tcp(): Promise<Socket> {
    const socket = connectTcp({ host: '127.0.0.1', port: this.port })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  page(path: string): Promise<Page> {
    return ask(this.socket, path)
  }
}

/** All that the server sends until the connection is closed. */
export async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return text
}

export interface Files {
  readonly ca: TestCa
  readonly server: Identity
  /** With a SPIFFE id. */
  readonly orders: Identity
  /** With a DNS name. */
  readonly billing: Identity
}

/** Made once for the tests of a file; `folder` is a path that does not exist. */
export function tlsFiles(folder: string): () => Files {
  let files: Files | undefined
  beforeAll(() => {
    try {
      const ca = new TestCa(folder)
      const server = ca.issue('server', { san: ['DNS:localhost', 'IP:127.0.0.1'], usage: 'serverAuth' })
      const orders = ca.issue('orders', { san: ['URI:spiffe://test/orders'], usage: 'clientAuth' })
      const billing = ca.issue('billing', { san: ['DNS:Billing.test'] })
      files = { ca, server, orders, billing }
    } catch {
      // Each test says that there is no openssl.
    }
  })
  afterAll(() => (files = undefined))
  return () => files as Files
}
