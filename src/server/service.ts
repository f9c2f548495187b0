// The inside of the daemon: contracts, request queue, engine and framed connections. The start-up script makes one; the
// listener and HTTP use it.

import type { Socket } from 'node:net'
import { resolveHostOptions, type LoadedEngineReport, type KeyedContract } from '../model/index.ts'
import { createEngine } from '../engine/index.ts'
import { PoolPlacement } from '../placements/index.ts'
import { ContractRegistry } from './contracts.ts'
import { InlineExecutor, PoolExecutor, type Executor } from './executor.ts'
import { SpareWorkers } from './spare-workers.ts'
import { FramedConnection, type FramedContext } from './framed-connection.ts'
import { defaultLimits, type FramedLimits } from './timeouts.ts'
import type { Now, Observer } from './telemetry.ts'
import { RequestQueue } from './queue.ts'
import { lingeringClose } from './lingering-close.ts'
import { EvictingSet } from './evicting-set.ts'
import type { Access } from './access.ts'
import type { Protocol } from './request.ts'
import type { Peer } from './tls/peers.ts'
import type { ServiceSettings } from './config/settings.ts'

/**
 * Compiles the contracts and starts the engine; in state `starting` until `ready` is called. Rejects with the fault of the
 * engine, of a worker or of a contract.
 */
export async function openService(
  settings: ServiceSettings,
  contracts: readonly KeyedContract[],
  observer: Observer,
  limits: FramedLimits = defaultLimits,
): Promise<Service> {
  const executor = await openExecutor(settings, contracts)
  try {
    return new Service(settings, new ContractRegistry(contracts, executor.compile), executor, observer, limits)
  } catch (error) {
    await executor.stop()
    throw error
  }
}

async function openExecutor(
  { placement, engine: name, threads, maxQueue, workerUrl }: ServiceSettings,
  first: readonly KeyedContract[],
): Promise<Executor> {
  // Before any worker: an addon that only workers load can crash the process when the last of them ends.
  const engine = createEngine(name)
  const spares = new SpareWorkers({ engine, maxQueue, threads: placement === 'inline' ? 1 : threads, workerUrl })
  if (placement === 'inline') return new InlineExecutor(engine, spares)
  const options = resolveHostOptions({ placement, engine: name, threads, workerUrl }, threads)
  // Batches are formed after the reads of all connections in this turn of the event loop.
  return new PoolExecutor(await PoolPlacement.start(options, engine, first, setImmediate), threads, spares)
}

/** The HTTP side of the daemon. */
export interface HttpHandler {
  /** Takes over a connection; `first` is what has been read of it. */
  accept(socket: Socket, first: Uint8Array, access: Access, peer?: Peer): void
  /** Ends the connections that have no request. */
  closeIdle(): void
}

export class Service {
  state: 'starting' | 'ready' | 'draining' = 'starting'
  /** Without it, a connection that speaks HTTP is closed. */
  http: HttpHandler | undefined
  readonly queue: RequestQueue
  /** For new connections and for HTTP. A reload replaces the registry. */
  contracts: ContractRegistry
  readonly #executor: Executor
  readonly #context: FramedContext
  readonly #framed = new Set<FramedConnection>()
  /** Connections of both protocols, and those whose protocol is unknown yet. */
  readonly #sockets = new Set<Socket>()
  /** Those of which no byte was read, and since when. */
  readonly #unread = new Map<Socket, number>()
  readonly #clock: NodeJS.Timeout
  /** Connections of the Unix socket. */
  #local = 0
  /** Those beyond `maxConnections`. */
  readonly #excess: EvictingSet
  #drained: Promise<void> | undefined
  #drainingSince = Number.POSITIVE_INFINITY

  constructor(
    settings: ServiceSettings,
    contracts: ContractRegistry,
    executor: Executor,
    observer: Observer,
    limits: FramedLimits,
  ) {
    this.contracts = contracts
    this.#executor = executor
    this.queue = new RequestQueue(settings, executor, observer)
    this.#excess = new EvictingSet(settings.maxExcessConnections, () => observer.shed('connections'))
    this.#context = {
      settings,
      limits,
      engine: executor.engine.kind,
      queue: this.queue,
      copiesPayload: executor.copiesPayload,
      observer,
      onClosed: (connection) => this.#framed.delete(connection),
    }
    this.#clock = setInterval(() => this.#tick(), limits.tickMs).unref()
  }

  get engine(): LoadedEngineReport {
    return this.#executor.engine
  }

  get gauges(): Pick<Now, 'inFlight' | 'queued' | 'queuedBytes' | 'restarts'> & { readonly connections: number } {
    const { inFlight, queued, bytes } = this.queue
    const { restarts } = this.#executor
    return { inFlight, queued, queuedBytes: bytes, restarts, connections: this.#sockets.size }
  }

  /** The daemon listens: `starting` is over. */
  ready(): void {
    if (this.state === 'starting') this.state = 'ready'
  }

  /** A new connection; its first byte identifies the protocol. */
  accept(socket: Socket): void {
    const isExcess = this.#local - this.#excess.size >= this.#context.settings.maxConnections
    if (isExcess) this.#excess.add(socket)
    this.#local++
    socket.once('close', () => this.#local--)
    this.#detectProtocol(socket, (isFramed, first) => {
      if (!isFramed && this.http !== undefined) return this.http.accept(socket, first, isExcess ? 'excess' : 'full')
      if (!isFramed || isExcess) return this.#refuse(socket)
      this.#serveFramed(socket, first)
    })
  }

  /** A connection with `excess` access has its one response: ending it for another one is not counted again. */
  answeredExcess(socket: Socket): void {
    this.#excess.answered(socket)
  }

  /** A connection over TLS, which has a place among those of its peer, and named its protocol in ALPN. */
  acceptTls(socket: Socket, peer: Peer, protocol: Protocol): void {
    this.#detectProtocol(socket, (isFramed, first) => {
      if (isFramed !== (protocol === 'framed')) socket.destroy()
      else if (isFramed) this.#serveFramed(socket, first, peer)
      else this.http?.accept(socket, first, 'full', peer)
    })
  }

  #detectProtocol(socket: Socket, onProtocol: OnProtocol): void {
    this.#sockets.add(socket)
    this.#unread.set(socket, performance.now())
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.queue.onIdle()
    })
    detectProtocol(socket, onProtocol, () => this.#unread.delete(socket))
  }

  #serveFramed(socket: Socket, first: Buffer, peer?: Peer): void {
    const connection = new FramedConnection(socket, this.#context, this.contracts, peer)
    this.#framed.add(connection)
    if (this.state === 'draining') connection.goAway()
    // First: the connection pauses its socket again when it has to.
    socket.resume()
    connection.read(first)
  }

  /** Serves these contracts from now on. Throws when one does not compile: nothing has changed then. Sends GOAWAY. */
  reload(contracts: readonly KeyedContract[]): void {
    const before = this.contracts
    this.contracts = new ContractRegistry(contracts, this.#executor.compile)
    before.release()
    for (const connection of this.#framed) connection.goAway()
  }

  /**
   * Sends GOAWAY. Resolves when no request is in flight and no connection is left, or after `drainMs`. A connection without a
   * request is kept for `drainGraceMs`: from its accept on when it comes during the drain. `leaveAddresses` is called when there
   * is none, and `drainGraceMs` (at most half of `drainMs`) before the end, because clients that reconnect repeatedly would
   * keep the drain open until requests are cut off.
   */
  drain(leaveAddresses: () => void): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.state = 'draining'
      this.#drainingSince = performance.now()
      const { drainMs } = this.#context.settings
      const timeout = setTimeout(resolve, drainMs)
      const last = setTimeout(leaveAddresses, drainMs - Math.min(this.#context.limits.drainGraceMs, drainMs / 2))
      const isIdle = (): boolean => this.queue.inFlight === 0 && this.#sockets.size === 0
      const endIfIdle = (): void => {
        if (!isIdle()) return
        clearTimeout(timeout)
        clearTimeout(last)
        resolve()
      }
      this.queue.onIdle = () => {
        if (!isIdle()) return
        leaveAddresses()
        // A connection in the backlog may have sent its request.
        setTimeout(endIfIdle, backlogMs)
      }
      for (const connection of this.#framed) connection.goAway()
      this.queue.onIdle()
    })
    return this.#drained
  }

  /** Closes every connection and the engine. */
  async destroy(): Promise<void> {
    clearInterval(this.#clock)
    for (const socket of this.#sockets) socket.destroy()
    await this.#executor.stop()
    this.contracts.release()
  }

  #refuse(socket: Socket): void {
    this.#context.observer.shed('connections')
    this.answeredExcess(socket)
    socket.on('error', () => {})
    socket.on('end', () => socket.destroy())
    lingeringClose(socket, this.#context.limits.lingerTimeoutMs)
  }

  #tick(): void {
    const now = performance.now()
    for (const connection of this.#framed) connection.tick(now)
    const { frameTimeoutMs } = this.#context.limits
    for (const [socket, since] of this.#unread) {
      if (now - since > frameTimeoutMs || this.#isDrainGraceOver(now, since)) socket.destroy()
    }
    // None becomes idle during the drain: its responses close their connections.
    if (this.#isDrainGraceOver(now, this.#drainingSince)) this.http?.closeIdle()
  }

  /** Of a connection that has had no request since `idleSince`. */
  #isDrainGraceOver(now: number, idleSince: number): boolean {
    return now - Math.max(idleSince, this.#drainingSince) > this.#context.limits.drainGraceMs
  }
}

/** Takes the loop to accept what is in the backlog. */
const backlogMs = 10

/** The first byte of the framed protocol's preface. No HTTP method begins with it. */
const framedByte = 0xf5

type OnProtocol = (isFramed: boolean, first: Buffer) => void

/**
 * Calls `onProtocol` with the first bytes, the socket paused, and ahead of it `onStop`, which is also called when the socket
 * closes before it sends a byte.
 */
function detectProtocol(socket: Socket, onProtocol: OnProtocol, onStop: () => void): void {
  const ignoreError = (): void => {}
  const stop = (): void => {
    onStop()
    socket.removeListener('data', onData)
    socket.removeListener('end', onEnd)
    socket.removeListener('close', stop)
  }
  const onData = (chunk: Buffer): void => {
    stop()
    socket.pause()
    socket.removeListener('error', ignoreError)
    onProtocol(chunk[0] === framedByte, chunk)
  }
  const onEnd = (): void => void socket.destroy()
  socket.on('error', ignoreError)
  socket.once('data', onData)
  socket.once('end', onEnd)
  socket.once('close', stop)
}
