// Requests that the daemon refused as overloaded, each until it may be sent again.

import { RequestQueue, type PendingRequest, type QueueTotals } from './request.ts'

export interface RetryEvents {
  /** The pause of a request is over. */
  readonly onDue: (request: PendingRequest) => void
  /** Called after all `onDue` of one moment. */
  readonly onAllDue: () => void
}

export class RetryQueue {
  readonly #requests: RequestQueue
  readonly #events: RetryEvents
  #timer: NodeJS.Timeout | undefined

  constructor(totals: QueueTotals, events: RetryEvents) {
    this.#requests = new RequestQueue(totals)
    this.#events = events
  }

  add(request: PendingRequest, pauseMs: number): void {
    request.retryAt = performance.now() + pauseMs
    this.#requests.add(request)
    this.#timer ??= setTimeout(this.#onTimer, pauseMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  readonly #onTimer = (): void => {
    const now = performance.now()
    let nextAt = Number.POSITIVE_INFINITY
    for (const request of this.#requests) {
      if (request.retryAt > now) nextAt = Math.min(nextAt, request.retryAt)
      else {
        this.#requests.remove(request)
        this.#events.onDue(request)
      }
    }
    this.#timer = nextAt === Number.POSITIVE_INFINITY ? undefined : setTimeout(this.#onTimer, nextAt - now)
    this.#events.onAllDue()
  }
}
