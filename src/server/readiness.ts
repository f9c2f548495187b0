// Whether the daemon is ready for requests, and the watermarks of its memory.

import type { Telemetry } from './telemetry.ts'
import type { unreadyReasons } from '../tables/daemon-texts.ts'
import type { Service } from './service.ts'
import { LeakWatch } from './leak-watch.ts'
import { memoryUsage } from './telemetry.ts'

export type Reason = (typeof unreadyReasons)[number]

/** Shares of the limit: not ready above `high` until below `low`; all requests are refused above `full`. */
const high = 0.85
const low = 0.75
const full = 0.95
const sampleMs = 500

interface MemoryOptions {
  readonly memoryLimit: number
  readonly leakWindowMs: number
  readonly leakBytesPerHour: number
}

export class Readiness {
  takenOver = false
  #isShort = false
  readonly #service: Service
  readonly #limit: number
  readonly #leak: LeakWatch
  readonly #telemetry: Pick<Telemetry, 'event'>
  readonly #started = performance.now()
  readonly #clock: NodeJS.Timeout

  /** `memoryLimit` in bytes. */
  constructor(
    service: Service,
    { memoryLimit, leakWindowMs, leakBytesPerHour }: MemoryOptions,
    telemetry: Pick<Telemetry, 'event'>,
  ) {
    this.#service = service
    this.#limit = memoryLimit
    this.#leak = new LeakWatch({ windowMs: leakWindowMs, bytesPerHour: leakBytesPerHour })
    this.#telemetry = telemetry
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
      ...(this.#leak.isSuspected ? ['leak' as const] : []),
      ...(state === 'starting' ? ['starting' as const] : []),
    ]
  }

  /** Measures the memory now. */
  sample(): void {
    const { rss, heapUsed, external } = memoryUsage()
    const share = rss / this.#limit
    this.#isShort = share > (this.#isShort ? low : high)
    this.#service.queue.outOfMemory = share > full
    const now = performance.now() - this.#started
    if (!this.#leak.isDue(now)) return
    const change = this.#leak.sample(now, heapUsed + external)
    if (change?.kind === 'suspected') this.#telemetry.event('leak_suspected', { bytes_per_hour: change.bytesPerHour })
    else if (change !== undefined) this.#telemetry.event('leak_ended')
  }

  get isLeakSuspected(): boolean {
    return this.#leak.isSuspected
  }

  stop(): void {
    clearInterval(this.#clock)
  }
}
