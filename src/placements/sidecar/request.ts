// One accepted payload that has no answer yet, and the queues in which such requests wait. The client decides where a
// request goes.

import type { Call, Holder } from '../../model/index.ts'
import type { Block } from '../../util/bump-arena.ts'
import { LinkedList, type Linked } from '../../util/linked-list.ts'

/** A payload as it is sent: bytes, or JSON text. */
export type Content = Uint8Array | string

/** The queue or the connection that holds a request. */
export interface RequestOwner {
  /** The call ended before its answer, by a deadline, a signal or a failure. */
  abandon(request: PendingRequest): void
}

export class PendingRequest implements Holder, Linked<PendingRequest> {
  readonly call: Call
  /** undefined: the call is over. */
  owner: RequestOwner | undefined
  /** The payload while it waits; in flight it is in `block`. */
  content: Content | undefined
  /** Bytes of the payload; of a text that waits, its length in UTF-16 code units. */
  length: number = 0
  /** In flight: the id on the connection, and where the payload is. */
  id: number = 0
  block: Block<Buffer> | undefined
  offset: number = 0
  retried: boolean = false
  /** In the retry queue: when it is sent again. */
  retryAt: number = 0
  next: PendingRequest | undefined
  previous: PendingRequest | undefined
  readonly #onEnd: () => void

  /** `onEnd` is called once, when the call is over. */
  constructor(call: Call, onEnd: () => void) {
    this.call = call
    this.#onEnd = onEnd
  }

  release(): void {
    this.owner?.abandon(this)
    this.#onEnd()
  }
}

/** What all queues of a client hold together. */
export interface QueueTotals {
  requests: number
  bytes: number
  /** A request left because its call ended. */
  readonly onAbandon: () => void
}

/** A FIFO queue from which any request can be removed. */
export class RequestQueue extends LinkedList<PendingRequest> implements RequestOwner {
  readonly #totals: QueueTotals

  constructor(totals: QueueTotals) {
    super()
    this.#totals = totals
  }

  override push(request: PendingRequest): void {
    super.push(request)
    request.owner = this
    request.call.phase = 'queued'
    this.#totals.requests++
    this.#totals.bytes += request.length
  }

  override remove(request: PendingRequest): boolean {
    if (!super.remove(request)) return false
    request.owner = undefined
    this.#totals.requests--
    this.#totals.bytes -= request.length
    return true
  }

  abandon(request: PendingRequest): void {
    this.remove(request)
    request.content = undefined
    this.#totals.onAbandon()
  }
}

/** Requests that the daemon refused as overloaded, each until it may be sent again. */
export class RetryQueue extends RequestQueue {
  readonly #onDue: (requests: readonly PendingRequest[]) => void
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires. */
  #wakesAt = Number.POSITIVE_INFINITY

  /** `onDue` gets the requests whose pause is over; they have left the queue. */
  constructor(totals: QueueTotals, onDue: (requests: readonly PendingRequest[]) => void) {
    super(totals)
    this.#onDue = onDue
  }

  pause(request: PendingRequest, pauseMs: number): void {
    request.retryAt = performance.now() + pauseMs
    this.push(request)
    this.#wakeAt(request.retryAt)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** A request that is due earlier than all others does not wait for them. */
  #wakeAt(at: number): void {
    if (at >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    this.#timer = setTimeout(this.#onTimer, at - performance.now())
  }

  readonly #onTimer = (): void => {
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    const due: PendingRequest[] = []
    let nextAt = Number.POSITIVE_INFINITY
    for (const request of this) {
      if (request.retryAt > now) nextAt = Math.min(nextAt, request.retryAt)
      else {
        this.remove(request)
        due.push(request)
      }
    }
    this.#wakeAt(nextAt)
    this.#onDue(due)
  }
}
