// The connections to one daemon: as many as are wanted, opened when they are needed, replaced when they are lost. The
// client decides what is sent over them.

import { SidelaneError, type DaemonAddress, type EngineName, type EngineReport } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { readPackageJson } from '../../util/package-files.ts'
import type { ClientContract } from './client-contract.ts'
import { Connection, type ConnectionEvents } from './connection.ts'
import { connectFault, copyOf, lostFault, unavailable } from './errors.ts'
import type { RequestEvents } from './in-flight-requests.ts'
import type { PendingRequest } from './request.ts'
import type { TlsConnector } from '../../util/tls-connector.ts'

export interface ConnectionPoolOptions {
  /** In the order of preference. */
  readonly addresses: readonly DaemonAddress[]
  /** For addresses of TLS. */
  readonly tls: TlsConnector | undefined
  /** Number of connections. */
  readonly size: number
  /** The engine that the daemon must have. */
  readonly engine: EngineName
  /** All contracts of the client; the list grows. */
  readonly contracts: readonly ClientContract[]
  readonly events: ConnectionPoolEvents & RequestEvents
}

export interface ConnectionPoolEvents {
  /** The daemon answered HELLO for these contracts. */
  onHello(contracts: readonly ClientContract[]): void
  /** The set of connections changed: requests that wait for an answer to HELLO are tried again. */
  onChange(): void
  /** A connection was lost with these requests. `retryable`: the transport broke, so they may be sent again. */
  onLost(requests: readonly PendingRequest[], fault: SidelaneError, retryable: boolean): void
  /** There is no connection, and none is being opened. */
  onDown(fault: SidelaneError): void
}

/** A daemon that returns is found within a second. */
const reconnect = { firstMs: 10, maxMs: 400 }
/** Pause after a full backlog (EAGAIN), plus as much as `backlogJitterMs`. */
const backlogPauseMs = 1
const backlogJitterMs = 4
/** Pauses between two attempts to reach the first address, while another one is used. */
const lookForFirst = { firstMs: 1000, maxMs: 30_000 }
/** Most connections that drain at once; the number of connections in use if that is more. */
const maxDraining = 8

export class ConnectionPool implements ConnectionEvents {
  /** From the last HELLO. */
  engine: EngineReport | undefined
  readonly #options: ConnectionPoolOptions
  readonly #backoff = new Backoff(reconnect)
  readonly #returnBackoff = new Backoff(lookForFirst)
  #connections: Connection[] = []
  /** Index of the address in use. */
  #at = 0
  /** Addresses that failed in a row. */
  #failures = 0
  /** Asks whether the first address answers again, while another one is in use. */
  #probe: Connection | undefined
  #returnTimer: NodeJS.Timeout | undefined
  /** Why the last attempt failed. */
  #fault: SidelaneError | undefined
  /** Opens one connection after a full backlog. */
  #backlogTimer: NodeJS.Timeout | undefined
  #isRef = false
  #stopped = false
  #onOpen: ((fault: SidelaneError | undefined) => void) | undefined

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** Requests that all connections can send now. */
  get freeSlots(): number {
    let slots = 0
    for (const { freeSlots } of this.#connections) slots += freeSlots
    return slots
  }

  /** Requests that the daemon allows on all connections together. */
  get capacity(): number {
    let capacity = 0
    for (const { isReady, inFlight } of this.#connections) if (isReady) capacity += inFlight.limit
    return capacity
  }

  /** Resolves when a daemon has answered HELLO; rejects with the reason why none does. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onOpen = (fault) => {
        this.#onOpen = undefined
        if (fault === undefined) resolve()
        else reject(fault)
      }
      this.#backoff.reset()
      this.connectMissing()
    })
  }

  /** Of the connections that can send a request for the contract, the one with the fewest in flight. */
  pick(contractNumber: number): Connection | undefined {
    let best: Connection | undefined
    for (const connection of this.#connections) {
      if (connection.freeSlots === 0 || typeof connection.handshake.answers[contractNumber] !== 'number') continue
      if (best === undefined || connection.inFlight.size < best.inFlight.size) best = connection
    }
    return best
  }

  /** The daemon's answer for the contract; undefined: there is none yet. */
  answerFor(contractNumber: number): 'served' | SidelaneError | undefined {
    let answer: SidelaneError | undefined
    for (const connection of this.#connections) {
      const one = connection.isReady ? connection.handshake.answers[contractNumber] : undefined
      if (typeof one === 'number') return 'served'
      answer ??= one
    }
    return answer
  }

  /** Asks for the contracts that were added since the last HELLO. */
  sendHello(): void {
    for (const connection of this.#connections) if (connection.isReady) connection.sendHello()
  }

  /** Opens the connections that are missing, if the backoff allows. Returns the error when there is no connection at all. */
  connectMissing(): SidelaneError | undefined {
    const missing = this.#options.size - this.#usable.length
    if (missing === 0 || this.#backlogTimer !== undefined) return undefined
    const { waitMs } = this.#backoff
    if (waitMs === 0) {
      for (let i = 0; i < missing; i++) this.#connect()
      return undefined
    }
    return missing === this.#options.size
      ? copyOf(this.#fault ?? unavailable('connect', 'No daemon answers.'), waitMs)
      : undefined
  }

  /** Drains the connections; new ones are opened for the requests that follow. No answer to an earlier HELLO counts any more. */
  replaceAll(): void {
    this.#drain(this.#connections)
  }

  /** Whether the connections keep the process alive. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef
    for (const connection of this.#connections) connection.setRef(isRef)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#backlogTimer)
    clearTimeout(this.#returnTimer)
    await Promise.all(this.#connections.map((connection) => connection.destroy()))
  }

  // ConnectionEvents

  onHello(connection: Connection, contracts: readonly ClientContract[]): void {
    const { engine: wanted, events } = this.#options
    const path = connection.address.text
    const kind = connection.engine as EngineReport['kind']
    if (wanted !== 'auto' && wanted !== kind) {
      const message = `The daemon at ${path} has the engine ${kind}, and ${wanted} was asked for.`
      return connection.fail(new SidelaneError('engine.unavailable', { message }))
    }
    this.engine = { kind, reason: `The daemon at ${path} answers with ${kind}.`, tried: [] }
    this.#backoff.reset()
    this.#failures = 0
    this.#onAddress(connection)
    // For contracts that were added during the handshake.
    connection.sendHello()
    events.onHello(contracts)
    this.#onOpen?.(undefined)
  }

  onDraining(): void {
    const draining = this.#connections.filter(({ isDraining }) => isDraining)
    // Beyond it a daemon that sends GOAWAY to each connection would use up the descriptors.
    const excess = draining.length - Math.max(maxDraining, this.#options.size)
    for (const connection of draining.slice(0, Math.max(0, excess))) connection.drop()
    this.#options.events.onChange()
  }

  onClosed(connection: Connection, unanswered: readonly PendingRequest[], wasReady: boolean): void {
    const { error, fault } = connection
    this.#connections = this.#connections.filter((one) => one !== connection)
    if (this.#stopped) return
    const isProbe = connection === this.#probe
    if (isProbe) this.#onProbeFailed()
    const { addresses, events } = this.#options
    const { address } = connection
    const isBacklogFull = !wasReady && error?.code === 'EAGAIN'
    if (isBacklogFull && !isProbe && this.#backlogTimer === undefined && !connection.isRetry)
      return this.#connectLater()
    const reason = fault ?? (wasReady ? lostFault(address.text, error) : connectFault(address, error))
    const isFailure = !isProbe && (!wasReady || fault !== undefined)
    if (isFailure) {
      this.#fault = reason
      // Connections that fail together are one failure.
      if (this.#backoff.waitMs === 0 && address === addresses[this.#at]) this.#useNext()
    }
    if (unanswered.length > 0) events.onLost(unanswered, reason, fault === undefined)
    const hasUsable = this.#backlogTimer !== undefined || this.#usable.length > 0
    if (isFailure && !hasUsable && this.#backoff.waitMs === 0) this.connectMissing()
    else if (isFailure && !hasUsable) {
      events.onDown(reason)
      this.#onOpen?.(reason)
    } else events.onChange()
  }

  /** Those that take requests, or may soon. */
  get #usable(): Connection[] {
    return this.#connections.filter((one) => one.isUsable && one !== this.#probe)
  }

  /** All of them before any request is tried again: it would meet those that are left. */
  #drain(connections: readonly Connection[]): void {
    for (const connection of connections) connection.drain()
    this.onDraining()
  }

  #connect(isRetry = false, at = this.#at): Connection {
    const { addresses, tls, contracts, events } = this.#options
    const address = addresses[at] as DaemonAddress
    const client = `sidelane-js/${readPackageJson().version}`
    const options = { path: address.text, client, contracts, events: this, requestEvents: events, isRetry }
    const connection = new Connection({ ...options, address, tls })
    connection.setRef(this.#isRef)
    this.#connections.push(connection)
    return connection
  }

  /** The address in use failed. After the last one that is left, there is a pause. */
  #useNext(): void {
    const { length } = this.#options.addresses
    this.#at = (this.#at + 1) % length
    if (++this.#failures % length === 0) this.#backoff.fail()
  }

  /** A daemon answers at the address of the connection. */
  #onAddress(connection: Connection): void {
    const [first] = this.#options.addresses
    if (connection.address !== first) return this.#lookForFirst()
    clearTimeout(this.#returnTimer)
    this.#returnTimer = undefined
    this.#returnBackoff.reset()
    if (connection !== this.#probe) return
    this.#probe = undefined
    this.#at = 0
    this.#drain(this.#connections.filter(({ address }) => address !== first))
  }

  #lookForFirst(): void {
    if (this.#returnTimer !== undefined || this.#probe !== undefined) return
    if (this.#returnBackoff.failures === 0) this.#returnBackoff.fail()
    this.#returnTimer = setTimeout(() => {
      this.#returnTimer = undefined
      // The next connection begins with the first address.
      if (this.#usable.length === 0) this.#at = 0
      else if (this.#at !== 0) this.#probe = this.#connect(false, 0)
    }, this.#returnBackoff.waitMs).unref()
  }

  #onProbeFailed(): void {
    this.#probe = undefined
    this.#returnBackoff.fail()
    this.#lookForFirst()
  }

  #connectLater(): void {
    const retry = (): void => {
      this.#backlogTimer = undefined
      this.#connect(true)
    }
    this.#backlogTimer = setTimeout(retry, backlogPauseMs + backlogJitterMs * Math.random())
  }
}
