// Writes in flight: never waited for, bounded in number and bytes. Those of one turn of the event loop go out together.

import { Breaker } from '../policies/index.ts'
import type { OnDemandRedis } from '../redis/index.ts'

/** A write that is refused is no use to repeat at once: the memory of Redis is full, or it is a replica. */
const breakerSettings = {
  failureRatio: 1,
  minCalls: 1,
  windowMs: 10_000,
  connectFailures: 1,
  openMs: 500,
  maxOpenMs: 30_000,
}
const maxInFlight = 1024
const maxBytesInFlight = 8 * 1_048_576

type Entry = readonly [key: string, value: Buffer]

export interface PendingWritesOptions {
  readonly redis: OnDemandRedis
  readonly ttlMs: number
  readonly onFault: (error: unknown) => void
}

export class PendingWrites {
  written = 0
  failed = 0
  dropped = 0
  bytes = 0
  readonly #options: PendingWritesOptions
  readonly #breaker = new Breaker(breakerSettings)
  #batch: Entry[] = []
  #inFlight = 0
  #bytesInFlight = 0

  constructor(options: PendingWritesOptions) {
    this.#options = options
  }

  /** False: nothing of the size is taken now. */
  hasRoom(bytes: number): boolean {
    const { state } = this.#breaker
    return (
      this.#inFlight < maxInFlight &&
      this.#bytesInFlight + bytes <= maxBytesInFlight &&
      (state === 'closed' || this.#breaker.waitMs(performance.now()) === 0)
    )
  }

  add(key: string, value: Buffer): void {
    this.#inFlight++
    this.#bytesInFlight += value.length
    if (this.#batch.push([key, value]) === 1) process.nextTick(() => this.flush())
  }

  /** Sends what waits for the end of this turn. */
  flush(): void {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    const generation = this.#breaker.enter(performance.now())
    if (generation === 0) {
      this.dropped += batch.length
      this.#release(batch)
    } else void this.#send(batch, generation)
  }

  async #send(batch: readonly Entry[], generation: number): Promise<void> {
    const { redis, ttlMs, onFault } = this.#options
    let fault: unknown
    try {
      const pipeline = redis.client.pipeline()
      for (const [key, value] of batch) pipeline.set(key, value, 'PX', ttlMs)
      const replies = (await pipeline.exec()) ?? []
      for (const [i, [error]] of replies.entries()) {
        if (error !== null) {
          this.failed++
          fault = error
          continue
        }
        this.written++
        this.bytes += batch[i]?.[1].length ?? 0
      }
    } catch (error) {
      this.failed += batch.length
      fault = error
    }
    this.#release(batch)
    this.#breaker.leave(generation, fault === undefined ? 'ok' : 'connect', performance.now())
    if (fault !== undefined) onFault(fault)
  }

  #release(batch: readonly Entry[]): void {
    this.#inFlight -= batch.length
    for (const [, { length }] of batch) this.#bytesInFlight -= length
  }
}
