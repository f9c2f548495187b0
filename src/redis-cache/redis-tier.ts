// The shared tier over one connection. A call waits for it at most once: when a read is not answered in time, or fails, the breaker
// opens, all reads in flight end as if they had found nothing, and until a probe succeeds, which no call waits for, nothing is
// read and nothing is written.

import type { Contract, Holder, Outcome, SharedCacheStats, SharedQuery, SharedTier } from '../model/index.ts'
import { Breaker } from '../policies/index.ts'
import { openOnDemand, redisFault, shortContractId, type OnDemandRedis, type RedisClient } from '../redis/index.ts'
import type { RedisCacheSettings } from './options.ts'
import { PendingReads, type Read } from './reads.ts'
import { decodeValue, encodeValue } from './value.ts'
import { PendingWrites } from './writes.ts'

/** One unanswered read is enough: no call waits for the probes, so it costs little to be wrong. */
const breakerSettings = {
  failureRatio: 0.5,
  minCalls: 20,
  windowMs: 10_000,
  connectFailures: 1,
  openMs: 100,
  maxOpenMs: 10_000,
}
/** Each may bring `maxValueBytes`. */
const maxReads = 256
/** Payload bytes of the calls that wait for reads. */
const maxReadBytes = 64 * 1_048_576
const silentMs = 2000

/** Resolves when the first connection is made, or cannot be made in time. Rejects with `options.invalid` alone. */
export async function openTier(settings: RedisCacheSettings): Promise<SharedTier> {
  const tier = new RedisTier(settings)
  await tier.start()
  return tier
}

class RedisTier implements SharedTier {
  readonly #settings: RedisCacheSettings
  readonly #redis: OnDemandRedis
  readonly #breaker = new Breaker(breakerSettings)
  readonly #reads: PendingReads
  readonly #writes: PendingWrites
  readonly #keyHeads = new WeakMap<Contract, string>()
  readonly #counts = { hits: 0, misses: 0, corrupt: 0, timeouts: 0, failed: 0, skipped: 0, readBytes: 0 }
  #dropped = 0
  #tooLarge = 0
  #lastError: string | undefined
  #isClosed = false

  constructor(settings: RedisCacheSettings) {
    this.#settings = settings
    const { connection, connectTimeoutMs, timeoutMs, ttlMs } = settings
    this.#redis = openOnDemand(connection, {
      name: 'sidelane-cache',
      connectTimeoutMs,
      silentMs,
      check: this.#check,
      onError: ({ message }) => (this.#lastError = message),
    })
    this.#reads = new PendingReads({ timeoutMs, send: (reads) => void this.#send(reads), onTimeout: this.#onTimeout })
    this.#writes = new PendingWrites({ redis: this.#redis, ttlMs, onFault: (error) => this.#note(error) })
  }

  async start(): Promise<void> {
    const generation = this.#breaker.enter(performance.now())
    await this.#tryConnect(generation)
  }

  get stats(): SharedCacheStats {
    const { hits, misses, corrupt, timeouts, failed, skipped, readBytes } = this.#counts
    const { written, failed: writeFailed, dropped, bytes } = this.#writes
    const found = hits + misses
    return {
      hits,
      misses,
      hitRatio: found === 0 ? 0 : hits / found,
      corrupt,
      timeouts,
      failed,
      skipped,
      written,
      writeFailed,
      dropped: dropped + this.#dropped,
      tooLarge: this.#tooLarge,
      readBytes,
      writtenBytes: bytes,
      breaker: this.#breaker.stats,
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    }
  }

  read(query: SharedQuery, expiresAt: number, onEnd: (outcome: Outcome | undefined) => void): Holder | undefined {
    const now = performance.now()
    if (!this.#isUsable(now) || !this.#hasRoom(query, expiresAt - now)) {
      this.#counts.skipped++
      return undefined
    }
    return this.#reads.add(this.#keyOf(query), query, now, onEnd)
  }

  write(query: SharedQuery, outcome: Outcome): void {
    if (this.#isClosed || this.#breaker.state !== 'closed' || !this.#redis.isReady || !this.#writes.hasRoom(0)) {
      this.#dropped++
      return
    }
    const key = this.#keyOf(query)
    const value = encodeValue(key, outcome, this.#settings.maxValueBytes)
    if (value === undefined) this.#tooLarge++
    else if (this.#writes.hasRoom(value.length)) this.#writes.add(key, value)
    else this.#dropped++
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#reads.endAll()
    this.#writes.flush()
    await this.#redis.close(this.#breaker.state !== 'closed')
  }

  #isUsable(now: number): boolean {
    if (this.#isClosed) return false
    if (this.#breaker.state === 'closed') {
      if (this.#redis.isReady) return true
      // The connection was lost while nothing was in flight.
      this.#breaker.leave(this.#breaker.enter(now), 'connect', now)
      return false
    }
    const generation = this.#breaker.enter(now)
    if (generation !== 0) void this.#probe(generation)
    return false
  }

  /** Behind a read there must be time for the run. */
  #hasRoom({ inBytes }: SharedQuery, leftMs: number): boolean {
    const { timeoutMs } = this.#settings
    return leftMs >= 2 * timeoutMs && this.#reads.size < maxReads && this.#reads.bytes + inBytes <= maxReadBytes
  }

  async #send(reads: readonly Read[]): Promise<void> {
    const generation = this.#breaker.enter(performance.now())
    let values: readonly (Buffer | null)[]
    try {
      values = await this.#redis.client.mgetBuffer(reads.map(({ key }) => key))
    } catch (error) {
      this.#note(error)
      this.#breaker.leave(generation, 'connect', performance.now())
      this.#counts.failed += this.#reads.endAll()
      return
    }
    this.#breaker.leave(generation, 'ok', performance.now())
    for (const [i, read] of reads.entries()) this.#answer(read, values[i] ?? null)
  }

  #answer(read: Read, value: Buffer | null): void {
    const counts = this.#counts
    if (read.hasEnded) return
    if (value === null) {
      counts.misses++
      return read.end(undefined)
    }
    counts.readBytes += value.length
    const isSmall = value.length <= this.#settings.maxValueBytes
    const outcome = isSmall ? decodeValue(read.key, value, read.query) : undefined
    if (outcome === undefined) {
      counts.misses++
      counts.corrupt++
    } else counts.hits++
    read.end(outcome)
  }

  readonly #onTimeout = (): void => {
    const now = performance.now()
    const { timeoutMs } = this.#settings
    this.#lastError = `The Redis at ${this.#redis.address} did not answer within ${timeoutMs} ms.`
    this.#breaker.leave(this.#breaker.enter(now), 'connect', now)
    this.#counts.timeouts += this.#reads.endAll()
  }

  /** What a read needs: the permission for MGET too. */
  readonly #check = (client: RedisClient): Promise<unknown> => client.mgetBuffer([`${this.#settings.prefix}:cache:`])

  /** No call waits for it. Redis must be as fast as a call needs it. */
  async #probe(generation: number): Promise<void> {
    if (!this.#redis.isReady) return this.#tryConnect(generation)
    const startedAt = performance.now()
    try {
      await this.#check(this.#redis.client)
      const now = performance.now()
      this.#breaker.leave(generation, now - startedAt <= this.#settings.timeoutMs ? 'ok' : 'connect', now)
    } catch (error) {
      this.#note(error)
      this.#breaker.leave(generation, 'connect', performance.now())
    }
  }

  async #tryConnect(generation: number): Promise<void> {
    try {
      await this.#redis.connect()
      this.#breaker.leave(generation, 'ok', performance.now())
    } catch (error) {
      this.#note(error)
      this.#breaker.leave(generation, 'connect', performance.now())
    }
  }

  #note(error: unknown): void {
    this.#lastError = redisFault(error, this.#redis.address).message
  }

  #keyOf({ contract, canonical, digest }: SharedQuery): string {
    let head = this.#keyHeads.get(contract)
    if (head === undefined) {
      this.#keyHeads.set(contract, (head = `${this.#settings.prefix}:cache:${shortContractId(contract.id)}`))
    }
    return `${head}${canonical ? '+' : ':'}${Buffer.from(digest, 'hex').toString('base64url')}`
  }
}
