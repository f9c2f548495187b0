// The inside of the daemon in one piece: contracts, queue, engine and connections. The start-up script makes one; sockets
// and HTTP are its users.

import type { Socket } from 'node:net'
import type { EngineReport } from '../model/index.ts'
import { ServedTable, type LoadedContract } from './contracts.ts'
import { detectProtocol } from './detect-protocol.ts'
import { openEngineRoom, type EngineRoom } from './executor.ts'
import { FramedConnection, type FramedContext } from './framed-connection.ts'
import type { Job } from './job.ts'
import { defaultLimits, type FramedLimits } from './limits.ts'
import type { Observer } from './observer.ts'
import { WorkQueue } from './queue.ts'
import type { Gauges, HttpHandler, Refusal, Service, ServiceSettings, ServiceState } from './service.ts'

/** Kept for health and metrics. */
const reservedConnections = 8

/**
 * Compiles the contracts and starts the engine; in state `starting` until `ready` is called. Rejects with what the engine
 * or a contract has against it.
 */
export async function openService(
  settings: ServiceSettings,
  contracts: readonly LoadedContract[],
  observer: Observer,
  limits: FramedLimits = defaultLimits,
): Promise<Service> {
  const room = await openEngineRoom(settings, contracts)
  try {
    return new DaemonService(settings, new ServedTable(contracts, room.compile), room, observer, limits)
  } catch (error) {
    await room.stop()
    throw error
  }
}

class DaemonService implements Service {
  state: ServiceState = 'starting'
  http: HttpHandler | undefined = undefined
  readonly settings: ServiceSettings
  readonly #room: EngineRoom
  readonly #queue: WorkQueue
  readonly #home: FramedContext
  readonly #observer: Observer
  readonly #framed = new Set<FramedConnection>()
  readonly #clock: NodeJS.Timeout
  #contracts: ServedTable
  #connections = 0
  #drained: Promise<void> | undefined
  #checkDrained: () => void = () => {}

  constructor(
    settings: ServiceSettings,
    contracts: ServedTable,
    room: EngineRoom,
    observer: Observer,
    limits: FramedLimits,
  ) {
    this.settings = settings
    this.#contracts = contracts
    this.#room = room
    this.#observer = observer
    this.#queue = new WorkQueue(settings, room, observer)
    this.#queue.onIdle = () => this.#checkDrained()
    this.#home = {
      settings,
      limits,
      engine: room.engine.kind,
      queue: this.#queue,
      observer,
      onClosed: (connection) => {
        this.#framed.delete(connection)
        this.#checkDrained()
      },
    }
    this.#clock = setInterval(() => this.#tick(), limits.tickMs).unref()
  }

  get engine(): EngineReport {
    return this.#room.engine
  }

  get contracts(): ServedTable {
    return this.#contracts
  }

  get gauges(): Gauges {
    const { waiting, running, bytes } = this.#queue
    return { inFlight: waiting + running, queued: waiting, queuedBytes: bytes, connections: this.#connections }
  }

  get outOfMemory(): boolean {
    return this.#queue.outOfMemory
  }

  set outOfMemory(value: boolean) {
    this.#queue.outOfMemory = value
  }

  ready(): void {
    if (this.state === 'starting') this.state = 'ready'
  }

  reserve(bytes: number): Refusal | undefined {
    return this.#queue.reserve(bytes)
  }

  release(bytes: number): void {
    this.#queue.release(bytes)
  }

  submit(job: Job): void {
    this.#queue.submit(job)
  }

  cancel(job: Job): boolean {
    return this.#queue.cancel(job)
  }

  drop(job: Job): boolean {
    return this.#queue.drop(job)
  }

  accept(socket: Socket): void {
    const { maxConnections } = this.settings
    if (this.#connections >= maxConnections + reservedConnections) return this.#turnAway(socket)
    const reserved = this.#connections >= maxConnections
    this.#connections++
    socket.once('close', () => this.#connections--)
    detectProtocol(socket, this.#home.limits.frameTimeoutMs, (isFramed, first) => {
      if (!isFramed && this.http !== undefined) return this.http(socket, first, reserved)
      if (!isFramed || reserved) return this.#turnAway(socket)
      const connection = new FramedConnection(socket, this.#home, this.#contracts)
      this.#framed.add(connection)
      if (this.state === 'draining') connection.goAway()
      connection.read(first)
      socket.resume()
    })
  }

  reload(contracts: readonly LoadedContract[]): void {
    const before = this.#contracts
    this.#contracts = new ServedTable(contracts, this.#room.compile)
    before.release()
    for (const connection of this.#framed) connection.goAway()
  }

  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.state = 'draining'
      const grace = setTimeout(resolve, this.settings.drainMs)
      this.#checkDrained = () => {
        const { waiting, running } = this.#queue
        if (waiting + running > 0 || this.#framed.size > 0) return
        clearTimeout(grace)
        // Behind the answer of the last job.
        setImmediate(resolve)
      }
      for (const connection of this.#framed) connection.goAway()
      this.#checkDrained()
    })
    return this.#drained
  }

  async destroy(): Promise<void> {
    clearInterval(this.#clock)
    for (const connection of this.#framed) connection.destroy()
    await this.#room.stop()
    this.#contracts.release()
  }

  #turnAway(socket: Socket): void {
    this.#observer.shed('connections')
    socket.on('error', () => {})
    socket.destroy()
  }

  #tick(): void {
    const now = performance.now()
    for (const connection of this.#framed) connection.tick(now)
  }
}
