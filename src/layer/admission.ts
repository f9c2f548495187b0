// Refuses before work: a call that finds the queue full is told so in O(1), before its payload is touched. The queue
// itself belongs to the placement.

import { SidelaneError, type Layer } from '../contract/index.ts'

/** What the placement says about its queue. */
export interface Line {
  readonly queued: number
  readonly queuedBytes: number
  /** Payloads that idle workers would take right now, on top of the queue's bound. */
  readonly room: number
  /** Estimate of the time that the queue needs to drain. */
  readonly drainMs: number
}

export interface AdmissionOptions {
  readonly maxQueue: number
  readonly maxQueueBytes: number
  readonly line: Line
}

const maxRetryAfterMs = 10_000

/** Fails a call with `overloaded` when it can neither run nor wait. */
export function admission({ maxQueue, maxQueueBytes, line }: AdmissionOptions): Layer {
  return (inner) => (call) => {
    const full = line.queued >= maxQueue + line.room
    // An empty queue takes a payload of any size: the contract's own limit bounds it.
    if (full || (line.queued > 0 && line.queuedBytes + leastBytes(call.payload) > maxQueueBytes)) {
      const retryAfterMs = Math.min(maxRetryAfterMs, Math.max(1, Math.ceil(line.drainMs)))
      return call.fail(new SidelaneError('overloaded', { retryAfterMs }))
    }
    inner(call)
  }
}

/** Without reading it: a text has at least as many bytes as UTF-16 units; a value is measured when it is written. */
function leastBytes(payload: unknown): number {
  // Asks nothing of a proxy, and knows the arrays of other realms.
  if (ArrayBuffer.isView(payload)) return payload.byteLength
  return typeof payload === 'string' ? payload.length : 0
}
