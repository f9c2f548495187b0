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

export class Service {
  state: 'starting' | 'ready' | 'draining' = 'starting'
  /** Takes over a connection that speaks HTTP. Without it, it is closed. */
  http: ((socket: Socket, first: Uint8Array, access: Access) => void) | undefined
  readonly queue: RequestQueue
  /** For new connections and for HTTP. A reload replaces the registry. */
  contracts: ContractRegistry
  readonly #executor: Executor
  readonly #context: FramedContext
  readonly #framed = new Set<FramedConnection>()
  readonly #clock: NodeJS.Timeout
  #connections = 0
  /** Connections beyond `maxConnections`. */
  readonly #excess: EvictingSet
  #drained: Promise<void> | undefined

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
      onClosed: (connection) => {
        this.#framed.delete(connection)
        this.queue.onIdle()
      },
    }
    this.#clock = setInterval(() => this.#tick(), limits.tickMs).unref()
  }

  get engine(): LoadedEngineReport {
    return this.#executor.engine
  }

  get gauges(): Pick<Now, 'inFlight' | 'queued' | 'queuedBytes' | 'restarts'> & { readonly connections: number } {
    const { inFlight, queued, bytes } = this.queue
    const { restarts } = this.#executor
    return { inFlight, queued, queuedBytes: bytes, restarts, connections: this.#connections }
  }

  /** The daemon listens: `starting` is over. */
  ready(): void {
    if (this.state === 'starting') this.state = 'ready'
  }

  /** A new connection; its first byte identifies the protocol. */
  accept(socket: Socket): void {
    const isExcess = this.#connections - this.#excess.size >= this.#context.settings.maxConnections
    if (isExcess) this.#excess.add(socket)
    this.#connections++
    socket.once('close', () => this.#connections--)
    detectProtocol(socket, this.#context.limits.frameTimeoutMs, (isFramed, first) => {
      if (!isFramed && this.http !== undefined) return this.http(socket, first, isExcess ? 'excess' : 'full')
      if (!isFramed || isExcess) return this.#turnAway(socket)
      const connection = new FramedConnection(socket, this.#context, this.contracts)
      this.#framed.add(connection)
      if (this.state === 'draining') connection.goAway()
      connection.read(first)
      socket.resume()
    })
  }

  /** Serves these contracts from now on. Throws when one does not compile: nothing has changed then. Sends GOAWAY. */
  reload(contracts: readonly KeyedContract[]): void {
    const before = this.contracts
    this.contracts = new ContractRegistry(contracts, this.#executor.compile)
    before.release()
    for (const connection of this.#framed) connection.goAway()
  }

  /** Sends GOAWAY. Resolves when no request is in flight and no framed connection is left, or after `drainMs`. */
  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.state = 'draining'
      const grace = setTimeout(resolve, this.#context.settings.drainMs)
      this.queue.onIdle = () => {
        if (this.queue.inFlight > 0 || this.#framed.size > 0) return
        clearTimeout(grace)
        // After the response of the last request was written.
        setImmediate(resolve)
      }
      for (const connection of this.#framed) connection.goAway()
      this.queue.onIdle()
    })
    return this.#drained
  }

  /** Closes every framed connection and the engine. */
  async destroy(): Promise<void> {
    clearInterval(this.#clock)
    for (const connection of this.#framed) connection.destroy()
    await this.#executor.stop()
    this.contracts.release()
  }

  #turnAway(socket: Socket): void {
    this.#context.observer.shed('connections')
    socket.on('error', () => {})
    socket.on('end', () => socket.destroy())
    lingeringClose(socket, this.#context.limits.lingerTimeoutMs)
  }

  #tick(): void {
    const now = performance.now()
    for (const connection of this.#framed) connection.tick(now)
  }
}

/** The first byte of the framed protocol's preface. No HTTP method begins with it. */
const framedByte = 0xf5

/**
 * Calls `onProtocol` with the first bytes, the socket paused. Destroys a socket that sends nothing within `timeoutMs`.
 */
function detectProtocol(
  socket: Socket,
  timeoutMs: number,
  onProtocol: (isFramed: boolean, first: Buffer) => void,
): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  const ignoreError = (): void => {}
  const stop = (): void => {
    clearTimeout(timer)
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
