// The placement that sends calls to a daemon. Calls wait here until a connection takes them. Admission, deadlines and
// counters are policies; connections are connection-pool.ts, a launched daemon is daemon-supervisor.ts.

import {
  deadlineExceeded,
  SidelaneError,
  toFault,
  type Call,
  type Contract,
  type DaemonAddress,
  type EngineReport,
  type ErrorCode,
  type HostSettings,
  type KeyedContract,
  type Placement,
  type Profile,
  type ReadValue,
  type Rejected,
} from '../../model/index.ts'
import { isUtf8 } from '#runtime'
import { dictionaryOf } from '../../contract/index.ts'
import { boundedBytes, createEngine, warnOfFallback, textRejection, type Engine } from '../../engine/index.ts'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath } from '../../util/socket-path.ts'
import { ContractTable } from '../contract-table.ts'
import { askedOf, checkKey, rulesOf, type ClientContract } from './client-contract.ts'
import { ConnectionPool, type ConnectionPoolEvents } from './connection-pool.ts'
import type { LaunchContract } from './contract-feed.ts'
import { DaemonSupervisor } from './daemon-supervisor.ts'
import { copyOf, unavailable } from './errors.ts'
import { DrainEstimator, RetryBudget } from './flow-control.ts'
import type { RequestEvents } from './in-flight-requests.ts'
import { TlsConnector } from '../../util/tls-connector.ts'
import { PendingRequest, RequestQueue, RetryQueue, type Content, type QueueTotals } from './request.ts'

/** Calls that a stream keeps in flight per connection: a daemon's queue is bounded by a few milliseconds. */
const streamDepth = 32
/** Longest pause before a refused request is sent again, before jitter. */
const maxRetryPauseMs = 1000

export class SidecarPlacement implements Placement, ConnectionPoolEvents, RequestEvents {
  readonly name = 'sidecar'
  readonly busyDepth: number
  readonly #path: string
  readonly #pool: ConnectionPool
  readonly #supervisor: DaemonSupervisor | undefined
  /** Refuses, at `add`, what a launched Node daemon would refuse. */
  readonly #checkEngine: Engine | undefined
  readonly #contracts = new ContractTable<ClientContract>({ withTables: false })
  readonly #totals: QueueTotals = { requests: 0, bytes: 0, onAbandon: () => this.onSpace() }
  readonly #queue = new RequestQueue(this.#totals)
  /** Requests that were sent before. They go first. */
  readonly #resendQueue = new RequestQueue(this.#totals)
  readonly #retryQueue = new RetryQueue(this.#totals, (requests) => {
    for (const request of requests) this.#resendQueue.push(request)
    this.onFreeSlots()
  })
  readonly #retryBudget = new RetryBudget()
  readonly #drainEstimator = new DrainEstimator()
  readonly #noEngine: EngineReport
  #startedCalls = 0
  #endedCalls = 0
  readonly #onCallEnd = (): void => {
    if (++this.#endedCalls === this.#startedCalls) this.#pool.setRef(false)
    if (this.#endedCalls % DrainEstimator.sampleCalls === 0) this.#drainEstimator.sample()
  }

  /**
   * Rejects with `unavailable`, `overloaded`, `engine.unavailable`, `contract.*` or `options.invalid`; with a fallback not
   * for a daemon that is absent, full, or has no such contract: its calls fall back until it has.
   */
  static async start(settings: HostSettings, first: readonly KeyedContract[]): Promise<SidecarPlacement> {
    const addresses = settings.addresses ?? [pathAddress(defaultSocketPath())]
    if (settings.launch === undefined) {
      for (const address of addresses) if (address.kind === 'path') checkSocketPath(address.path)
      if (settings.addresses === undefined) checkOwnDirectory(defaultSocketPath())
    }
    const tls = settings.tls && (await TlsConnector.create(settings.tls))
    const placement = new SidecarPlacement(settings, addresses, tls)
    try {
      for (const { contract, digestKey } of first) placement.add(contract, digestKey)
      await placement.#open().catch((error: unknown) => {
        if (settings.fallback === undefined || !canWait(error)) throw error
        placement.#pool.setRef(false)
      })
      // The log of a launched daemon is not shown; this thread finds the reason that the daemon met.
      if (settings.launch !== undefined && settings.engine === 'auto' && placement.engine.kind === 'js') {
        warnOfFallback('auto', createEngine('auto').report)
      }
      return placement
    } catch (error) {
      await placement.stop()
      throw error
    }
  }

  private constructor(
    { connections: size, engine, launch }: HostSettings,
    given: readonly DaemonAddress[],
    tls: TlsConnector | undefined,
  ) {
    this.busyDepth = streamDepth * size
    this.#supervisor =
      launch && new DaemonSupervisor(launch, engine, { onServed: this.#onServed, onRefused: this.#onRefused })
    // A launched Node daemon has the codecs of this Node.
    this.#checkEngine = launch && engine === 'js' ? createEngine('js') : undefined
    const addresses = this.#supervisor === undefined ? given : [pathAddress(this.#supervisor.socket)]
    this.#path = addresses.map(({ text }) => text).join(', ')
    this.#noEngine = { kind: 'none', reason: `No daemon has answered at ${this.#path} yet.`, tried: [] }
    this.#pool = new ConnectionPool({ addresses, tls, size, engine, contracts: this.#contracts.entries, events: this })
  }

  get engine(): EngineReport {
    return this.#pool.engine ?? this.#noEngine
  }

  add(contract: Contract, given: Uint8Array | undefined): number {
    const { entries } = this.#contracts
    const before = entries.length
    const number = this.#contracts.add(contract, given, (own, digestKey) => {
      checkKey(contract, digestKey)
      this.#checkEngine?.compile(contract, digestKey && { digestKey }).dispose()
      this.#launch({ number: own, contract, digestKey })
      const parked = new RequestQueue(this.#totals)
      const isNew = this.#supervisor !== undefined
      const [asked, rules] = [askedOf(contract, digestKey), rulesOf(contract)]
      return { number: own, contract, asked, rules, parked, isNew, refusal: undefined }
    })
    if (entries.length > before) this.#pool.sendHello()
    return number
  }

  get queued(): number {
    return this.#totals.requests
  }

  get queuedBytes(): number {
    return this.#totals.bytes
  }

  get freeSlots(): number {
    return this.#pool.freeSlots
  }

  get capacity(): number {
    return this.#pool.capacity
  }

  get drainMs(): number {
    return this.#totals.requests * this.#drainEstimator.msPerCall
  }

  /** Set by the owner; called when the queue may have more space than before. */
  onSpace: () => void = () => {}

  readonly guardReader =
    (read: ReadValue): ReadValue =>
    (canonical) => {
      try {
        if (isUtf8(canonical)) return read(canonical)
      } catch {
        // The error quotes the bytes.
      }
      throw unavailable('violation.outcome', `The canonical bytes from the daemon at ${this.#path} are no JSON.`)
    }

  readonly run = (call: Call): void => {
    const content = call.readPayload<Content>(contentOf)
    if (content === undefined) return
    try {
      const request = new PendingRequest(call, this.#onCallEnd)
      call.payload = undefined
      call.holder = request
      if (this.#startedCalls++ === this.#endedCalls) this.#pool.setRef(true)
      const isFirst = this.#resendQueue.size === 0 && this.#queue.size === 0
      const connection = isFirst ? this.#pool.pick(call.route.contractIndex) : undefined
      if (connection === undefined) this.#enqueue(request, content)
      else connection.send(request, content, performance.now())
    } catch (error) {
      call.fail(toFault(error))
    }
  }

  async stop(): Promise<void> {
    this.#retryQueue.stop()
    await this.#pool.stop()
    await this.#supervisor?.stop()
  }

  // ConnectionPoolEvents and RequestEvents

  onHello(contracts: readonly ClientContract[]): void {
    for (const contract of contracts) if (this.#pool.answerFor(contract.number) === 'served') contract.isNew = false
    this.onChange()
  }

  onChange(): void {
    for (const { parked } of this.#contracts.entries) {
      for (let request = parked.first; request !== undefined; request = parked.first) move(request, parked, this.#queue)
    }
    this.onFreeSlots()
  }

  onFreeSlots(): void {
    this.#sendQueued()
    this.onSpace()
  }

  onOverload(request: PendingRequest, fault: SidelaneError): void {
    const { call } = request
    const pauseMs = Math.min(maxRetryPauseMs, fault.retryAfterMs ?? 1) * (1 + Math.random())
    const isInTime = call.expiresAt > performance.now() + pauseMs
    // A call that waits for space is sent again however often it is refused: the smaller congestion window keeps the load down.
    if (call.waitsForSpace || (isInTime && this.#mayRetry(request))) this.#retryQueue.pause(request, pauseMs)
    else call.fail(fault)
  }

  onLost(requests: readonly PendingRequest[], fault: SidelaneError, retryable: boolean): void {
    const now = performance.now()
    for (const request of requests) {
      const { call } = request
      if (call.expiresAt <= now) call.fail(deadlineExceeded(call))
      else if (retryable && this.#mayRetry(request)) this.#resendQueue.push(request)
      else call.fail(copyOf(fault))
    }
  }

  onDown(fault: SidelaneError): void {
    for (const queue of [this.#resendQueue, this.#queue, ...this.#contracts.entries.map(({ parked }) => parked)]) {
      for (let request = queue.first; request !== undefined; request = queue.first) request.call.fail(copyOf(fault))
    }
  }

  /** The launched daemon serves these contracts. `reloaded`: existing connections do not serve them. */
  readonly #onServed = (added: readonly LaunchContract[], reloaded: boolean): void => {
    for (const { number } of added) (this.#contracts.entries[number] as ClientContract).isNew = false
    if (reloaded) this.#pool.replaceAll()
    else this.onChange()
  }

  readonly #onRefused = ({ number, contract: { name } }: LaunchContract, why: string): void => {
    const message = `The daemon cannot serve the contract ${name}: ${why}`
    const entry = this.#contracts.entries[number] as ClientContract
    entry.refusal = new SidelaneError('engine.unavailable', { message })
    this.onChange()
  }

  async #open(): Promise<void> {
    this.#pool.setRef(true)
    if (this.#supervisor === undefined) await this.#pool.open()
    else await this.#supervisor.start(() => this.#pool.open())
    if (this.#startedCalls === this.#endedCalls) this.#pool.setRef(false)
    for (const { number } of this.#contracts.entries) {
      const answer = this.#pool.answerFor(number)
      if (answer instanceof SidelaneError) throw answer
    }
  }

  /** At most once per call, and within the budget of all calls. */
  #mayRetry(request: PendingRequest): boolean {
    if (request.retried || !this.#retryBudget.spend(this.#startedCalls)) return false
    request.retried = true
    return true
  }

  #enqueue(request: PendingRequest, content: Content): void {
    // The caller may change bytes after the call; text is immutable.
    request.content = typeof content === 'string' ? content : Uint8Array.from(content)
    request.length = content.length
    request.call.copiedBytes = content.length
    this.#queue.push(request)
    this.#sendQueued()
  }

  #sendQueued(): void {
    this.#sendFrom(this.#resendQueue)
    if (this.#resendQueue.size === 0) this.#sendFrom(this.#queue)
  }

  #sendFrom(queue: RequestQueue): void {
    if (queue.size === 0) return
    const now = performance.now()
    // Each turn removes the first request or returns.
    for (let request = queue.first; request !== undefined; request = queue.first) {
      const { call, content } = request
      if (call.expiresAt <= now) {
        call.fail(deadlineExceeded(call))
        continue
      }
      const connection = this.#pool.pick(call.route.contractIndex)
      if (connection !== undefined) {
        queue.remove(request)
        request.content = undefined
        connection.send(request, content as Content, now)
      } else if (this.#blocks(request, queue)) return
    }
  }

  /** No connection can send the request. True when it stays first in the queue; else it has failed or is parked. */
  #blocks(request: PendingRequest, queue: RequestQueue): boolean {
    const { call } = request
    const contract = this.#contracts.entries[call.route.contractIndex] as ClientContract
    const fault = this.#pool.connectMissing()
    const answer = contract.refusal ?? this.#pool.answerFor(contract.number)
    const isRefused = answer instanceof SidelaneError && (!contract.isNew || answer === contract.refusal)
    if (fault !== undefined) call.fail(fault)
    else if (isRefused) call.fail(copyOf(answer))
    else if (answer === 'served' || this.#pool.freeSlots === 0) return true
    // Requests for other contracts do not wait for this contract's HELLO.
    else move(request, queue, contract.parked)
    return false
  }

  #launch(contract: LaunchContract): void {
    if (this.#supervisor === undefined) return
    const { id, name } = contract.contract
    // Throws when the bytes of the dictionary, which the daemon needs, are missing.
    dictionaryOf(contract.contract)
    if (this.#contracts.entries.some((one) => one.contract.id === id)) {
      throw new SidelaneError('options.invalid', {
        message: `Expected \`digestKey\` to be the one that ${name} has already: a daemon holds one key a contract`,
      })
    }
    this.#supervisor.add(contract)
  }
}

const pathAddress = (path: string): DaemonAddress => ({ kind: 'path', path, text: path })

/** What is sent; a rejection: nothing is. */
function contentOf(payload: unknown, profile: Profile): Content | Rejected {
  if (typeof payload === 'string') return textRejection(payload, profile.limits) ?? payload
  // The daemon would reject too many bytes too, after it had read all of them.
  return boundedBytes(payload, profile)
}

/** Faults of the daemon, which may be repaired while this process runs. */
const repairable: ReadonlySet<unknown> = new Set<ErrorCode>([
  'unavailable',
  'overloaded',
  'contract.unknown',
  'contract.mismatch',
])

const canWait = (error: unknown): boolean => error instanceof SidelaneError && repairable.has(error.code)

function move(request: PendingRequest, from: RequestQueue, to: RequestQueue): void {
  from.remove(request)
  to.push(request)
}
