// Whether the daemon should be sent requests, and the watermark of its memory.

import type { unreadyReasons } from '../tables/daemon-texts.ts'
import { memoryUsage } from './memory.ts'
import type { Service } from './service.ts'

export type Reason = (typeof unreadyReasons)[number]

/** Shares of the limit: not ready from the first on, until under the second; no requests at all from the third on. */
const high = 0.85
const low = 0.75
const full = 0.95
const sampleMs = 500

export interface ReadinessOptions {
  readonly service: Service
  /** In bytes. */
  readonly memoryLimit: number
  /** What the process holds, in bytes. */
  readonly rss?: () => number
}

export class Readiness {
  takenOver = false
  #short = false
  readonly #service: Service
  readonly #limit: number
  readonly #rss: () => number
  readonly #clock: NodeJS.Timeout

  constructor({ service, memoryLimit, rss = () => memoryUsage().rss }: ReadinessOptions) {
    this.#service = service
    this.#limit = memoryLimit
    this.#rss = rss
    this.#clock = setInterval(() => this.sample(), sampleMs).unref()
    this.sample()
  }

  /** Empty: ready. */
  reasons(): Reason[] {
    const { state } = this.#service
    return [
      ...(state === 'draining' ? ['draining' as const] : []),
      ...(this.takenOver ? ['taken-over' as const] : []),
      ...(this.#short ? ['memory' as const] : []),
      ...(state === 'starting' ? ['starting' as const] : []),
    ]
  }

  /** Looks at the memory now. */
  sample(): void {
    const share = this.#rss() / this.#limit
    this.#short = share > (this.#short ? low : high)
    this.#service.outOfMemory = share > full
  }

  stop(): void {
    clearInterval(this.#clock)
  }
}
