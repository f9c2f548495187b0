// The connections to one daemon: made when they are needed, as many as are wanted, made anew when they are lost. What is
// sent over them is client.ts.

import { SidelaneError, type EngineName, type EngineReport } from '../../model/index.ts'
import { packageFacts } from '../../util/package-json.ts'
import { Backoff } from './backoff.ts'
import { Connection, type ConnectionEvents, type End } from './connection.ts'
import type { Entry } from './client-contract.ts'
import { connectFault, copyOf, lostFault, unavailable } from './errors.ts'
import type { Ticket } from './request.ts'

export interface FleetOptions {
  readonly path: string
  /** Connections. */
  readonly size: number
  /** The engine that the daemon must have. */
  readonly engine: EngineName
  /** All contracts; more may come. */
  readonly entries: readonly Entry[]
  readonly events: FleetEvents
}

export interface FleetEvents {
  /** The daemon has said what it thinks of these contracts. */
  greeted(entries: readonly Entry[]): void
  /** There may be more room than before. */
  moved(): void
  /** Other connections than before: what waits for an answer about a contract must ask anew. */
  changed(): void
  /** The daemon had no room for a request. */
  overloaded(ticket: Ticket, fault: SidelaneError): void
  /** A connection is lost with these; `again`: the transport broke, they may be sent once more. */
  lost(tickets: readonly Ticket[], fault: SidelaneError, again: boolean): void
  /** No connection is there, and none is being made. */
  down(fault: SidelaneError): void
}

export class Fleet implements ConnectionEvents {
  readonly #options: FleetOptions
  readonly #backoff = new Backoff()
  #connections: Connection[] = []
  #engine: EngineReport | undefined
  /** Why the last try failed. */
  #fault: SidelaneError | undefined
  /** Another try after EAGAIN; one is enough. */
  #second: NodeJS.Timeout | undefined
  #isHeld = false
  #stopped = false
  #opening: ((fault: SidelaneError | undefined) => void) | undefined

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** As the last HELLO said. */
  get engine(): EngineReport | undefined {
    return this.#engine
  }

  /** Requests that all connections take now. */
  get room(): number {
    let room = 0
    for (const connection of this.#connections) room += connection.room
    return room
  }

  /** Requests that they hold. */
  get capacity(): number {
    let capacity = 0
    for (const { ready, limit } of this.#connections) if (ready) capacity += limit
    return capacity
  }

  /** Resolves when a daemon has said HELLO; rejects with what is in the way. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = (fault) => {
        this.#opening = undefined
        if (fault === undefined) resolve()
        else reject(fault)
      }
      this.#backoff.reset()
      this.ensure()
    })
  }

  /** The connection with the fewest requests that takes one more of this contract. */
  pick(entry: Entry): Connection | undefined {
    let best: Connection | undefined
    for (const connection of this.#connections) {
      if (connection.room === 0 || connection.verdict(entry) !== 'served') continue
      if (best === undefined || connection.inFlight < best.inFlight) best = connection
    }
    return best
  }

  /** What the daemon thinks of the contract; undefined: nobody could ask, or it has not answered yet. */
  verdict(entry: Entry): 'served' | SidelaneError | undefined {
    let verdict: SidelaneError | undefined
    for (const connection of this.#connections) {
      const one = connection.ready ? connection.verdict(entry) : undefined
      if (one === 'served') return one
      verdict ??= one
    }
    return verdict
  }

  /** Asks for the contracts that came since the last time. */
  ask(): void {
    for (const connection of this.#connections) if (connection.ready) connection.ask()
  }

  /** Makes the connections that are missing, when the time has come; says what is wrong when there is none at all. */
  ensure(): SidelaneError | undefined {
    const missing = this.#options.size - this.#connections.filter(({ hopeful }) => hopeful).length
    if (missing === 0 || this.#second !== undefined) return undefined
    const { waitMs } = this.#backoff
    if (waitMs === 0) {
      for (let i = 0; i < missing; i++) this.#connect()
      return undefined
    }
    return missing === this.#options.size ? copyOf(this.#fault ?? unavailable('No daemon answers.'), waitMs) : undefined
  }

  /** Asks on new connections from now on; those of before end when their answers are there. */
  renew(): void {
    // A copy: what leaves is replaced while we go through them.
    for (const connection of [...this.#connections]) connection.retire()
  }

  /** Whether the connections keep the process alive. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    for (const connection of this.#connections) connection.hold(isHeld)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#second)
    await Promise.all(this.#connections.map((connection) => connection.destroy()))
  }

  // What a connection tells.

  greeted(connection: Connection, entries: readonly Entry[]): void {
    const { path, engine: wanted, events } = this.#options
    const kind = connection.engine as EngineReport['kind']
    if (wanted !== 'auto' && wanted !== kind) {
      const message = `The daemon at ${path} has the engine ${kind}, and ${wanted} was asked for.`
      return connection.refuse(new SidelaneError('engine.unavailable', { message }))
    }
    this.#engine = { kind, reason: `The daemon at ${path} answers with ${kind}.`, tried: [] }
    this.#backoff.reset()
    // Those that came while it was on its way.
    connection.ask()
    events.greeted(entries)
    this.#opening?.(undefined)
  }

  moved(): void {
    this.#options.events.moved()
  }

  overloaded(ticket: Ticket, fault: SidelaneError): void {
    this.#options.events.overloaded(ticket, fault)
  }

  leaving(): void {
    // What waits needs another one; what comes later makes it.
    this.#options.events.changed()
  }

  closed(connection: Connection, unanswered: readonly Ticket[], { wasReady, error, fault }: End): void {
    this.#connections = this.#connections.filter((one) => one !== connection)
    if (this.#stopped) return
    const { path, events } = this.#options
    const isFull = !wasReady && error?.code === 'EAGAIN'
    if (isFull && this.#second === undefined && !connection.isSecond) return this.#tryAgainSoon()
    const reason = fault ?? (wasReady ? lostFault(path, error) : connectFault(path, error))
    const isBroken = !wasReady || fault !== undefined
    if (isBroken) {
      this.#fault = reason
      // Those that fail together are one failure.
      if (this.#backoff.waitMs === 0) this.#backoff.fail()
    }
    if (unanswered.length > 0) events.lost(unanswered, reason, fault === undefined)
    const isHopeful = this.#second !== undefined || this.#connections.some(({ hopeful }) => hopeful)
    if (isBroken && !isHopeful) {
      events.down(reason)
      this.#opening?.(reason)
    } else events.changed()
  }

  #connect(isSecond = false): void {
    const { path, entries } = this.#options
    const connection = new Connection({
      path,
      client: `sidelane-js/${packageFacts().version}`,
      entries,
      events: this,
      isSecond,
    })
    connection.hold(this.#isHeld)
    this.#connections.push(connection)
  }

  #tryAgainSoon(): void {
    this.#second = setTimeout(
      () => {
        this.#second = undefined
        this.#connect(true)
      },
      1 + 4 * Math.random(),
    )
  }
}
