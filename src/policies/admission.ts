// Refuses before work: a call that finds the queue full is told so in O(1), before its payload is touched. A patient call
// waits here instead. The queue itself belongs to the placement.

import { retryAfterMs, stackless, type Call, type Holder, type Layer } from '../model/index.ts'

/** What the placement says about its queue. */
export interface Line {
  readonly queued: number
  readonly queuedBytes: number
  /** Payloads that idle workers would take right now, on top of the queue's bound. */
  readonly room: number
  /** Payloads that all workers hold. */
  readonly capacity: number
  /** Estimate of the time that the queue needs to drain. */
  readonly drainMs: number
  /** Called when there may be room that was not there before. */
  onRoom: () => void
}

export interface AdmissionOptions {
  readonly maxQueue: number
  readonly maxQueueBytes: number
  readonly line: Line
}

/** Fails a call with `overloaded` when it can neither run nor wait; a patient call waits as long as it takes. */
export function admission({ maxQueue, maxQueueBytes, line }: AdmissionOptions): Layer {
  const full = (call: Call): boolean =>
    line.queued >= maxQueue + line.room ||
    // An empty queue takes a payload of any size: the contract's own limit bounds it.
    (line.queued > 0 && line.queuedBytes + leastBytes(call.payload) > maxQueueBytes)

  return (inner) => {
    const patience = new Patience(inner, full, () => line.capacity + Math.floor(maxQueue / 2))
    line.onRoom = patience.admit
    return (call) => {
      if (call.patient) return patience.take(call)
      if (full(call)) {
        return call.fail(stackless('overloaded', { retryAfterMs: retryAfterMs(line.drainMs) }))
      }
      inner(call)
    }
  }
}

/**
 * The patient calls in front of the queue, first come, first served. They take the room that appears before anyone else
 * can, so that they are not starved; but never more than half of the queue, so that nobody else is.
 */
class Patience implements Holder {
  readonly #inner: (call: Call) => void
  readonly #full: (call: Call) => boolean
  readonly #share: () => number
  /** A set: a cancelled call leaves from the middle. */
  readonly #waiting = new Set<Call>()
  #admitted = 0
  #admitting = false

  constructor(inner: (call: Call) => void, full: (call: Call) => boolean, share: () => number) {
    this.#inner = inner
    this.#full = full
    this.#share = share
  }

  take(call: Call): void {
    if (this.#waiting.size === 0 && this.#fits(call)) return this.#enter(call)
    // From now on the caller may write to his bytes.
    if (call.payload instanceof Uint8Array) call.payload = Uint8Array.from(call.payload)
    this.#waiting.add(call)
    call.seat = this
  }

  readonly admit = (): void => {
    // A call that ends while it enters leads back here.
    if (this.#admitting) return
    this.#admitting = true
    for (const call of this.#waiting) {
      if (!this.#fits(call)) break
      this.#waiting.delete(call)
      call.seat = undefined
      this.#enter(call)
    }
    this.#admitting = false
  }

  release(call: Call): void {
    if (this.#waiting.delete(call)) return
    this.#admitted--
    // The half may have been what was missing.
    if (this.#waiting.size > 0) this.admit()
  }

  #fits(call: Call): boolean {
    return this.#admitted < this.#share() && !this.#full(call)
  }

  #enter(call: Call): void {
    this.#admitted++
    call.permit = this
    this.#inner(call)
  }
}

/** Without reading it: a text has at least as many bytes as UTF-16 units; a value is measured when it is written. */
function leastBytes(payload: unknown): number {
  // Asks nothing of a proxy, and knows the arrays of other realms.
  if (ArrayBuffer.isView(payload)) return payload.byteLength
  return typeof payload === 'string' ? payload.length : 0
}
