// The result keys: one for each contract and payload, written once. What is there decides whether a payload is run.

import { setTimeout as pause } from 'node:timers/promises'
import type { Outcome } from '../../model/index.ts'
import { encodeOutcome } from '../../model/index.ts'
import { redisFault, type OpenRedis } from '../../redis/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { deliveredToAppMark } from '../result-mark.ts'

export interface ResultStoreOptions {
  readonly redis: OpenRedis
  readonly resultTtlMs: number
  readonly rejectTtlMs: number
  /** Results are with the app: only a mark is stored. */
  readonly marksOnly: boolean
  readonly onFault: (error: ReturnType<typeof redisFault>) => void
}

/** A write that Redis refuses for want of memory, or because it is no primary, is tried again for so long. */
const writeForMs = 60_000

const mark = Buffer.of(deliveredToAppMark)

export class ResultStore {
  readonly #options: ResultStoreOptions
  readonly #stopping = new AbortController()
  #scratch = Buffer.allocUnsafe(64 * 1024)

  constructor(options: ResultStoreOptions) {
    this.#options = options
  }

  /** Which of the keys have a result. Rejects with the fault, as `write` does. */
  async known(keys: readonly string[]): Promise<readonly boolean[]> {
    const { client, address } = this.#options.redis
    try {
      const values = await client.mgetBuffer([...keys])
      return values.map((value) => value !== null)
    } catch (error) {
      throw redisFault(error, address)
    }
  }

  /** Returns for each key whether this write made it. */
  async write(results: readonly (readonly [key: string, outcome: Outcome])[]): Promise<readonly boolean[]> {
    const backoff = new Backoff({ firstMs: 100, maxMs: 2000 })
    const until = performance.now() + writeForMs
    const made: boolean[] = []
    let left = results.map((result, at) => ({ result, at }))
    for (;;) {
      const replies = await this.#set(left.map(({ result }) => result))
      let error: Error | undefined
      // What was written is not written again: its key would be taken for that of another worker.
      left = left.filter(({ at }, i) => {
        const [fault, reply] = replies[i] ?? [new Error('no reply')]
        error ??= fault ?? undefined
        made[at] = reply === 'OK'
        return fault !== null
      })
      if (error === undefined) return made
      const fault = redisFault(error, this.#options.redis.address)
      const { signal } = this.#stopping
      if (signal.aborted) throw fault
      this.#options.onFault(fault)
      if (performance.now() > until || !fault.retryable) throw fault
      backoff.fail()
      await pause(backoff.waitMs, undefined, { signal }).catch(() => {
        throw fault
      })
    }
  }

  /** No write is tried again. */
  stop(): void {
    this.#stopping.abort()
  }

  async #set(
    results: readonly (readonly [key: string, outcome: Outcome])[],
  ): Promise<readonly (readonly [fault: Error | null, reply?: unknown])[]> {
    const { redis, resultTtlMs, rejectTtlMs, marksOnly } = this.#options
    const pipeline = redis.client.pipeline()
    for (const [key, outcome] of results) {
      const value = marksOnly ? mark : this.#bytesOf(outcome)
      pipeline.set(key, value, 'PX', outcome.ok ? resultTtlMs : rejectTtlMs, 'NX')
    }
    return (await pipeline.exec()) ?? []
  }

  #bytesOf(outcome: Outcome): Buffer {
    let size = encodeOutcome(outcome, this.#scratch, 0)
    if (size < 0) {
      this.#scratch = Buffer.allocUnsafe(-size * 2)
      size = encodeOutcome(outcome, this.#scratch, 0)
    }
    return Buffer.from(this.#scratch.subarray(0, size))
  }
}
