// The client of a daemon: calls wait in a queue of ours until a connection takes them. Who is accepted (admission),
// deadlines and counters are layers; connections are fleet.ts, the daemon's own life launcher.ts.

import {
  deadlineExceeded,
  rejected,
  SidelaneError,
  toFault,
  type Call,
  type Contract,
  type EngineReport,
  type HostSettings,
  type Placement,
  type Rejected,
} from '../../model/index.ts'
import { dictionaryOf } from '../../contract/index.ts'
import { createEngine, payloadBytes, textRefusal, type Engine } from '../../engine/index.ts'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath } from '../../util/socket-path.ts'
import { ContractTable } from '../contract-table.ts'
import type { FirstContract } from '../pool/worker-contracts.ts'
import { RetryBudget } from './retry-budget.ts'
import { askedOf, checkKey, type Entry } from './client-contract.ts'
import { copyOf } from './errors.ts'
import { Fleet, type FleetEvents } from './connection-pool.ts'
import { Launcher } from './daemon-supervisor.ts'
import type { Addition } from './reload-queue.ts'
import { Resting } from './retry-queue.ts'
import { Throughput } from './drain-estimator.ts'
import { Ticket, Waiting, type Content, type Total } from './request.ts'

/** Calls that a stream keeps at a connection: a daemon's queue is bounded by a few milliseconds. */
const streamDepth = 32
const mostRestMs = 1000

export class SidecarPlacement implements Placement, FleetEvents {
  readonly name = 'sidecar'
  readonly #fleet: Fleet
  readonly #depth: number
  readonly #launcher: Launcher | undefined
  readonly #judge: Engine | undefined
  readonly #contracts = new ContractTable<Entry>()
  readonly #total: Total = { tickets: 0, bytes: 0, onLeave: () => this.onRoom() }
  readonly #queue = new Waiting(this.#total)
  /** Calls that had a turn before: they come first. */
  readonly #again = new Waiting(this.#total)
  readonly #resting = new Resting(
    this.#total,
    (ticket) => this.#again.add(ticket),
    () => this.moved(),
  )
  readonly #budget = new RetryBudget()
  readonly #throughput = new Throughput()
  /** Calls without an end. */
  #calls = 0
  /** Told of the end of every call. */
  readonly #ended = (): void => {
    if (--this.#calls === 0) this.#fleet.hold(false)
    this.#throughput.note()
  }

  /** Rejects with what is in the way: `unavailable`, `overloaded`, `engine.unavailable`, `contract.*`, `options.invalid`. */
  static async start(settings: HostSettings, first: readonly FirstContract[]): Promise<SidecarPlacement> {
    const path = settings.socket ?? defaultSocketPath()
    if (settings.launch === undefined) {
      checkSocketPath(path)
      if (settings.socket === undefined) checkOwnDirectory(path)
    }
    const placement = new SidecarPlacement(settings, path)
    try {
      for (const { contract, digestKey } of first) placement.add(contract, digestKey)
      await placement.#open()
      return placement
    } catch (error) {
      await placement.stop()
      throw error
    }
  }

  private constructor({ connections: size, engine, launch }: HostSettings, socket: string) {
    this.#depth = streamDepth * size
    this.#launcher = launch && new Launcher(launch, engine, this)
    // Such a daemon has the codecs of this Node: what it lacks is told at once.
    this.#judge = launch && engine === 'js' ? createEngine('js') : undefined
    const path = this.#launcher?.socket ?? socket
    this.#fleet = new Fleet({ path, size, engine, entries: this.#contracts.entries, events: this })
  }

  get engine(): EngineReport {
    return this.#fleet.engine as EngineReport
  }

  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    const { entries } = this.#contracts
    const before = entries.length
    const number = this.#contracts.add(contract, digestKey, (own) => {
      checkKey(contract, digestKey)
      this.#judge?.compile(contract, digestKey && { digestKey }).dispose()
      this.#launch({ number: own, contract, digestKey })
      const fresh = this.#launcher !== undefined
      const asked = askedOf(contract, digestKey)
      return { number: own, contract, asked, parked: new Waiting(this.#total), fresh, refusal: undefined }
    })
    if (entries.length > before) this.#fleet.ask()
    return number
  }

  get queued(): number {
    return this.#total.tickets
  }

  get queuedBytes(): number {
    return this.#total.bytes
  }

  get room(): number {
    return this.#fleet.room
  }

  get capacity(): number {
    return this.#fleet.capacity
  }

  get busyDepth(): number {
    return this.#depth
  }

  get drainMs(): number {
    return this.#total.tickets * this.#throughput.msPerCall
  }

  /** Called when there may be room that was not there before. */
  onRoom: () => void = () => {}

  readonly run = (call: Call): void => {
    this.#budget.deposit()
    try {
      const content = contentOf(call)
      // Not by instanceof: bytes may be of another realm.
      if (typeof content === 'object' && 'ok' in content) return call.settle(content)
      const entry = this.#contracts.entries[call.route.contractIndex] as Entry
      const ticket = new Ticket(call, entry, this.#ended)
      call.payload = undefined
      call.seat = ticket
      if (this.#calls++ === 0) this.#fleet.hold(true)
      // What waits comes first.
      const isFirst = this.#again.size === 0 && this.#queue.size === 0
      const connection = isFirst ? this.#fleet.pick(entry) : undefined
      if (connection === undefined) this.#wait(ticket, content)
      else connection.send(ticket, content, performance.now())
    } catch (error) {
      call.fail(toFault(error))
    }
  }

  async stop(): Promise<void> {
    this.#resting.stop()
    await this.#fleet.stop()
    await this.#launcher?.stop()
  }

  // What the launcher tells.

  readonly served = (added: readonly Addition[], again: boolean): void => {
    for (const { number } of added) (this.#contracts.entries[number] as Entry).fresh = false
    // What connections of before think of them does not count.
    if (again) this.#fleet.renew()
    this.changed()
  }

  readonly refused = ({ number, contract: { name } }: Addition, why: string): void => {
    const message = `The daemon cannot serve the contract ${name}: ${why}`
    ;(this.#contracts.entries[number] as Entry).refusal = new SidelaneError('engine.unavailable', { message })
    this.changed()
  }

  // What the fleet tells.

  greeted(entries: readonly Entry[]): void {
    for (const entry of entries) if (this.#fleet.verdict(entry) === 'served') entry.fresh = false
    this.changed()
  }

  changed(): void {
    for (const { parked } of this.#contracts.entries) for (const ticket of parked) move(ticket, parked, this.#queue)
    this.moved()
  }

  moved(): void {
    this.#sendWaiting()
    this.onRoom()
  }

  overloaded(ticket: Ticket, fault: SidelaneError): void {
    const { call } = ticket
    const restMs = Math.min(mostRestMs, fault.retryAfterMs ?? 1) * (1 + Math.random())
    const isInTime = call.expiresAt > performance.now() + restMs
    // We have let it in, and the connection sends fewer from now on: it may wait here, as those behind it do.
    if (call.patient || (isInTime && this.#mayTryAgain(ticket))) this.#resting.add(ticket, restMs)
    else call.fail(fault)
  }

  lost(tickets: readonly Ticket[], fault: SidelaneError, again: boolean): void {
    const now = performance.now()
    for (const ticket of tickets) {
      const { call } = ticket
      if (call.expiresAt <= now) call.fail(deadlineExceeded(call))
      else if (again && this.#mayTryAgain(ticket)) this.#again.add(ticket)
      else call.fail(copyOf(fault))
    }
  }

  down(fault: SidelaneError): void {
    for (const tickets of [this.#again, this.#queue, ...this.#contracts.entries.map(({ parked }) => parked)]) {
      for (const { call } of tickets) call.fail(copyOf(fault))
    }
  }

  async #open(): Promise<void> {
    this.#fleet.hold(true)
    if (this.#launcher === undefined) await this.#fleet.open()
    else await this.#launcher.start(() => this.#fleet.open())
    if (this.#calls === 0) this.#fleet.hold(false)
    for (const entry of this.#contracts.entries) {
      const verdict = this.#fleet.verdict(entry)
      if (verdict instanceof SidelaneError) throw verdict
    }
  }

  /** Once a call, and within the budget of all. */
  #mayTryAgain(ticket: Ticket): boolean {
    if (ticket.retried || !this.#budget.spend()) return false
    ticket.retried = true
    return true
  }

  #wait(ticket: Ticket, content: Content): void {
    // Text is nobody's to change.
    ticket.content = typeof content === 'string' ? content : Uint8Array.from(content)
    ticket.length = content.length
    ticket.call.copiedBytes = content.length
    this.#queue.add(ticket)
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    this.#pump(this.#again)
    if (this.#again.size === 0) this.#pump(this.#queue)
  }

  #pump(tickets: Waiting): void {
    if (tickets.size === 0) return
    const now = performance.now()
    for (const ticket of tickets) {
      const { call, entry } = ticket
      if (call.expiresAt <= now) {
        call.fail(deadlineExceeded(call))
        continue
      }
      const connection = this.#fleet.pick(entry)
      if (connection === undefined) {
        if (!this.#wayFor(ticket, tickets)) return
        continue
      }
      const { content } = ticket
      tickets.remove(ticket)
      ticket.content = undefined
      connection.send(ticket, content as Content, now)
    }
  }

  /** No connection takes the ticket: false when it stays, and those behind it too. */
  #wayFor(ticket: Ticket, tickets: Waiting): boolean {
    const { call, entry } = ticket
    const fault = this.#fleet.ensure()
    const verdict = entry.refusal ?? this.#fleet.verdict(entry)
    if (fault !== undefined) call.fail(fault)
    else if (verdict instanceof SidelaneError && (!entry.fresh || verdict === entry.refusal)) call.fail(copyOf(verdict))
    else if (verdict === 'served' || this.#fleet.room === 0) return false
    // Others need not wait for the daemon to say what it thinks of this contract.
    else move(ticket, tickets, entry.parked)
    return true
  }

  #launch(addition: Addition): void {
    const { contract } = addition
    if (this.#launcher === undefined) return
    // Its bytes go to the daemon: they must be here.
    dictionaryOf(contract)
    if (this.#contracts.entries.some(({ contract: { id } }) => id === contract.id)) {
      throw new SidelaneError('options.invalid', {
        message: `Expected \`digestKey\` to be the one that ${contract.name} has already: a daemon holds one key a contract`,
      })
    }
    this.#launcher.add(addition)
  }
}

/** What is sent, or why nothing is. */
function contentOf({ payload, route }: Call): Content | Rejected {
  const { limits } = route.contract.profile
  if (typeof payload === 'string') return textRefusal(payload, limits) ?? payload
  const bytes = payloadBytes(payload, limits)
  // The daemon would say the same, after all of it had been sent.
  return 'ok' in bytes || bytes.length <= limits.maxBytes ? bytes : rejected('limit.bytes')
}

function move(ticket: Ticket, from: Waiting, to: Waiting): void {
  from.remove(ticket)
  to.add(ticket)
}
