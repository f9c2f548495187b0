// Whether the daemon is ready for requests, and the watermarks of its memory.

import type { unreadyReasons } from '../tables/daemon-texts.ts'
import type { Service } from './service.ts'
import { memoryUsage } from './telemetry.ts'

export type Reason = (typeof unreadyReasons)[number]

/** Shares of the limit: not ready above `high` until below `low`; all requests are refused above `full`. */
const high = 0.85
const low = 0.75
const full = 0.95
const sampleMs = 500

export class Readiness {
  takenOver = false
  #isShort = false
  readonly #service: Service
  readonly #limit: number
  readonly #clock: NodeJS.Timeout

  /** `memoryLimit` in bytes. */
  constructor(service: Service, memoryLimit: number) {
    this.#service = service
    this.#limit = memoryLimit
    this.#clock = setInterval(() => this.sample(), sampleMs).unref()
    this.sample()
  }

  /** Empty: ready. */
  reasons(): Reason[] {
    const { state } = this.#service
    return [
      ...(state === 'draining' ? ['draining' as const] : []),
      ...(this.takenOver ? ['taken-over' as const] : []),
      ...(this.#isShort ? ['memory' as const] : []),
      ...(state === 'starting' ? ['starting' as const] : []),
    ]
  }

  /** Measures the memory now. */
  sample(): void {
    const share = memoryUsage().rss / this.#limit
    this.#isShort = share > (this.#isShort ? low : high)
    this.#service.queue.outOfMemory = share > full
  }

  stop(): void {
    clearInterval(this.#clock)
  }
}
