// One accepted payload that has no answer yet, and the queue in which such requests wait. The client decides where a
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
export class RequestQueue implements RequestOwner {
  readonly #list = new LinkedList<PendingRequest>()
  readonly #totals: QueueTotals

  constructor(totals: QueueTotals) {
    this.#totals = totals
  }

  get size(): number {
    return this.#list.size
  }

  get first(): PendingRequest | undefined {
    return this.#list.first
  }

  [Symbol.iterator](): Generator<PendingRequest, void> {
    return this.#list[Symbol.iterator]()
  }

  add(request: PendingRequest): void {
    request.owner = this
    request.call.phase = 'queued'
    this.#list.push(request)
    this.#totals.requests++
    this.#totals.bytes += request.length
  }

  remove(request: PendingRequest): void {
    request.owner = undefined
    this.#list.remove(request)
    this.#totals.requests--
    this.#totals.bytes -= request.length
  }

  abandon(request: PendingRequest): void {
    this.remove(request)
    request.content = undefined
    this.#totals.onAbandon()
  }
}
