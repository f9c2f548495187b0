// The requests of the whole daemon: which are admitted, what they hold, how they end. The order in which they run is the
// executor's part.

import { errorTable, outcomeBodyBytes, outcomeCode, stackless, type SidelaneError } from '../model/index.ts'
import { Admission, DeadlineTimer } from '../policies/index.ts'
import type { Executor } from './executor.ts'
import type { Observer, ShedReason } from './telemetry.ts'
import { OutcomeWriter, type RequestOwner, type ServerRequest } from './request.ts'
import type { Peer } from './tls/peers.ts'
import type { ServiceSettings } from './config/settings.ts'

export class RequestQueue implements RequestOwner {
  /** Requests that wait or run. */
  inFlight = 0
  /** What all bodies hold. */
  bytes = 0
  /** While true, requests are refused. */
  outOfMemory = false
  /** Called when the last request has ended. */
  onIdle: () => void = () => {}
  readonly writer: OutcomeWriter = new OutcomeWriter()
  readonly #maxBytes: number
  readonly #executor: Executor
  readonly #observer: Observer
  readonly #admission: Admission
  readonly #deadlines: DeadlineTimer
  readonly #busyPoll: BusyPoll

  constructor({ maxQueue, maxQueueMs, maxBytes, spinUs }: ServiceSettings, executor: Executor, observer: Observer) {
    const { queue, spares, workers } = executor
    this.#maxBytes = maxBytes
    this.#executor = executor
    this.#observer = observer
    const maxQueueBytes = Number.POSITIVE_INFINITY
    this.#admission = new Admission({ maxQueue, maxQueueBytes, maxQueueMs, minWaiting: workers, queue })
    this.#deadlines = new DeadlineTimer({
      *[Symbol.iterator]() {
        yield* queue.pendingCalls
        yield* spares.requests
      },
    })
    this.#busyPoll = new BusyPoll(spinUs, () => this.inFlight > 0)
  }

  /** Requests that wait. */
  get queued(): number {
    return this.#executor.queue.queued + this.#executor.spares.queued
  }

  /**
   * Called with the size that the header names, before there is memory for the body. undefined: it is admitted; else why not.
   * The only body may be larger than the bound: the limits of its contract bound it, and refusing it as overloaded would
   * refuse it for ever.
   * `peer`: that of a connection over TLS, whose share the bytes count to.
   */
  reserve(bytes: number, peer?: Peer): ShedReason | undefined {
    if (this.outOfMemory) return 'memory'
    if (this.#admission.isFull(0) || this.#admission.isLate()) return 'queue'
    if ((this.bytes > 0 && this.bytes + bytes > this.#maxBytes) || peer?.reserve(bytes) === false) return 'bytes'
    this.bytes += bytes
    return undefined
  }

  /** Only for what was reserved and is not submitted. */
  release(bytes: number, peer?: Peer): void {
    this.bytes -= bytes
    peer?.release(bytes)
  }

  /** Queues a request whose bytes are reserved; it is completed later. */
  submit(request: ServerRequest): void {
    this.inFlight++
    request.owner = this
    if (request.expiresAt !== Number.POSITIVE_INFINITY) this.#deadlines.watch(request.expiresAt)
    this.#executor.run(request)
  }

  /** Completes a request that waits with `cancelled`; false: it does not wait. */
  cancel(request: ServerRequest): boolean {
    if (request.phase !== 'queued') return false
    request.fail(stackless('cancelled'))
    return true
  }

  /** Ends a request that waits without a response, because its connection is closed; false: it does not wait. */
  drop(request: ServerRequest): boolean {
    if (!request.drop()) return false
    const queueUs = Math.round((performance.now() - request.receivedAt) * 1000)
    this.#observer.request(request, 'cancelled', errorTable.cancelled.status, 0, queueUs, 0)
    this.#ended(request)
    return true
  }

  overloaded(reason: ShedReason): SidelaneError {
    this.#observer.shed(reason)
    return stackless('overloaded', { retryAfterMs: this.#admission.retryAfterMs })
  }

  completed(request: ServerRequest, size: number): void {
    const { receivedAt, startedAt } = request
    const { output } = this.writer
    const now = performance.now()
    const queueUs = Math.round(((startedAt === 0 ? now : startedAt) - receivedAt) * 1000)
    const runUs = startedAt === 0 ? 0 : Math.round((now - startedAt) * 1000)
    const code = outcomeCode(output.bytes, output.at)
    if (code === undefined) {
      const bodyBytes = outcomeBodyBytes(output.bytes, output.at)
      this.#observer.request(request, 'accepted', 200, bodyBytes, queueUs, runUs)
    } else this.#observer.request(request, code, errorTable[code].status, 0, queueUs, runUs)
    request.respond(output, size, queueUs, runUs)
    this.#ended(request)
    if (this.inFlight === 0) this.#busyPoll.wait()
  }

  #ended({ reserved, peer }: ServerRequest): void {
    this.release(reserved, peer)
    if (--this.inFlight === 0) this.onIdle()
  }
}

/**
 * A miss doubles the number of skipped polls and a hit takes half of that back: polls continue when two of three hit.
 * At level 0 no poll is skipped, at the highest level one in 2^6 is made.
 */
const maxLevel = 12

/**
 * Polling for a short time after the last response: a client with one call in flight sends the next one immediately, and
 * waking a sleeping thread costs the client CPU, and both of them time. Polling for the cost of one wake-up is 2-competitive
 * (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
 *
 * native/daemon has the twin.
 */
export class BusyPoll {
  readonly #limitMs: number
  readonly #isFound: () => boolean
  #level = 0
  /** Polls to skip. */
  #skips = 0

  /** `limitUs` 0: never polls. */
  constructor(limitUs: number, isFound: () => boolean) {
    this.#limitMs = limitUs / 1000
    this.#isFound = isFound
  }

  /** Keeps the event loop from sleeping until something is found or the limit is reached. */
  wait(): void {
    if (this.#limitMs === 0) return
    if (this.#skips > 0) this.#skips--
    else setImmediate(this.#poll)
  }

  // While an immediate is due, the event loop polls for events without waiting.
  readonly #poll = (end: number = performance.now() + this.#limitMs): void => {
    const isHit = this.#isFound()
    if (!isHit && performance.now() < end) {
      setImmediate(this.#poll, end)
      return
    }
    this.#level = isHit ? Math.max(0, this.#level - 1) : Math.min(maxLevel, this.#level + 2)
    this.#skips = 2 ** Math.floor(this.#level / 2) - 1
  }
}
