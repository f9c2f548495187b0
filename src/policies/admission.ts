// Refuses before work: a call that finds the queue full fails in O(1), before its payload is read. The calls of
// streams wait here instead. The queue itself belongs to the placement.

import { retryAfterMs, stackless, type Call, type Holder, type Layer, type Run } from '../model/index.ts'
import { leastBytes } from '../util/payload-size.ts'
import { keepPayload } from './own-payload.ts'
import { StandingQueue } from './standing-queue.ts'

/** The queue of a placement. */
export interface QueueState {
  readonly queued: number
  readonly queuedBytes: number
  /** Payloads that idle workers would take right now, in addition to the queue's bound. */
  readonly freeSlots: number
  /** Payloads that all workers hold. */
  readonly capacity: number
  /** Estimate of the time that the queue needs to drain. */
  readonly drainMs: number
  /** Called when the queue may have space that was not there before. */
  onSpace: () => void
}

export interface AdmissionOptions {
  readonly maxQueue: number
  readonly maxQueueBytes: number
  /** Longest wait in a queue that stands: see standing-queue.ts. */
  readonly maxQueueMs: number
  /** So many calls may always wait, regardless of `maxQueueMs`. */
  readonly minWaiting: number
  readonly queue: QueueState
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #standing = new StandingQueue()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Fails a call with `overloaded` when it can neither run nor wait in time; one with `waitsForSpace` waits without limit. */
  readonly layer: Layer = (inner) => {
    const waiting = new WaitingCalls(inner, this)
    this.#options.queue.onSpace = waiting.admit
    return (call) => {
      if (call.waitsForSpace) waiting.add(call)
      else if (this.isFull(leastBytes(call.payload)) || this.isLate()) {
        call.fail(stackless('overloaded', { retryAfterMs: this.retryAfterMs }))
      } else inner(call)
    }
  }

  /** Whether a payload of that size has no space. */
  isFull(bytes: number): boolean {
    const { maxQueue, maxQueueBytes, queue } = this.#options
    return (
      queue.queued >= maxQueue + queue.freeSlots ||
      // An empty queue takes a payload of any size: the contract's own limit bounds it.
      (queue.queued > 0 && queue.queuedBytes + bytes > maxQueueBytes)
    )
  }

  /** For each call that may be refused: whether it would wait longer than `maxQueueMs` in a queue that stands. */
  isLate(): boolean {
    const { maxQueueMs, minWaiting, queue } = this.#options
    const isLong = queue.queued >= minWaiting + queue.freeSlots && queue.drainMs >= maxQueueMs
    return this.#standing.refuses(isLong, isLong ? performance.now() : 0)
  }

  /** Whether a waiting call may enter: the workers stay busy, and other calls have half of the time. */
  hasSpaceForWaiting(bytes: number): boolean {
    const { maxQueueMs, queue } = this.#options
    return !this.isFull(bytes) && (queue.queued < queue.capacity || queue.drainMs < maxQueueMs / 2)
  }

  /** The most calls with `waitsForSpace` that may be in the queue or run at the same time. */
  get waitingShare(): number {
    const { maxQueue, queue } = this.#options
    return queue.capacity + Math.floor(maxQueue / 2)
  }

  /** For `overloaded`. */
  get retryAfterMs(): number {
    return retryAfterMs(this.#options.queue.drainMs)
  }
}

/**
 * The calls that wait for space in front of the queue, first in, first out. They are admitted as soon as there is space,
 * before later calls, so that they do not starve; they take at most half of the queue and of its time, so that other calls
 * do not starve.
 */
class WaitingCalls implements Holder {
  readonly #inner: Run
  readonly #admission: Admission
  /** A set: a cancelled call leaves from the middle. */
  readonly #waiting = new Set<Call>()
  #admitted = 0
  #admitting = false

  constructor(inner: Run, admission: Admission) {
    this.#inner = inner
    this.#admission = admission
  }

  add(call: Call): void {
    if (this.#waiting.size === 0 && this.#fits(call)) return this.#enter(call)
    // From now on the caller may overwrite the bytes.
    keepPayload(call)
    this.#waiting.add(call)
    call.holder = this
  }

  readonly admit = (): void => {
    // A call that ends while it is admitted leads back here.
    if (this.#admitting) return
    this.#admitting = true
    for (const call of this.#waiting) {
      if (!this.#fits(call)) break
      this.#waiting.delete(call)
      call.holder = undefined
      this.#enter(call)
    }
    this.#admitting = false
  }

  release(call: Call): void {
    if (this.#waiting.delete(call)) return
    this.#admitted--
    // The share may have been the limit.
    if (this.#waiting.size > 0) this.admit()
  }

  #fits(call: Call): boolean {
    return this.#admitted < this.#admission.waitingShare && this.#admission.hasSpaceForWaiting(leastBytes(call.payload))
  }

  #enter(call: Call): void {
    this.#admitted++
    call.permit = this
    this.#inner(call)
  }
}
