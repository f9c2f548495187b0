// The second tier of a result cache, which processes share. What the cache needs of it; how it stores results is not here.

import type { BreakerStats } from './breaker-state.ts'
import type { Holder } from './call.ts'
import type { Contract } from './contract.ts'
import type { Outcome } from './outcome.ts'

/** What a result depends on. */
export interface SharedQuery {
  readonly contract: Contract
  /** With the canonical bytes. */
  readonly canonical: boolean
  /** Digest of the payload's bytes in hex; an HMAC where the digest of the contract is keyed. */
  readonly digest: string
  /** Size of the payload, in bytes. */
  readonly inBytes: number
}

/** Counters of the shared tier of a host since its creation. A read is for all calls that share a run. */
export interface SharedCacheStats {
  /** Reads that found the result. */
  readonly hits: number
  /** Reads that found none, damaged ones included. */
  readonly misses: number
  /** hits / (hits + misses), 0 before the first one. */
  readonly hitRatio: number
  /** Values that were damaged, truncated or of something else. */
  readonly corrupt: number
  /** Reads without an answer in time. */
  readonly timeouts: number
  /** Reads that failed. */
  readonly failed: number
  /** Runs that were not read for: the breaker was open, too many reads were in flight, or the deadline was too near. */
  readonly skipped: number
  /** Results written. */
  readonly written: number
  /** Writes that failed. */
  readonly writeFailed: number
  /** Results that were not written: a breaker was open, or too many writes were in flight. */
  readonly dropped: number
  /** Results that were not written, because they are larger than `maxValueBytes`. */
  readonly tooLarge: number
  /** Bytes of the values read. */
  readonly readBytes: number
  /** Bytes of the values written. */
  readonly writtenBytes: number
  /** Of the reads. */
  readonly breaker: BreakerStats
  /** What went wrong last: a text without password and payload. */
  readonly lastError?: string
}

/** An open shared tier. It never throws and never fails a call. */
export interface SharedTier {
  readonly stats: SharedCacheStats
  /**
   * Looks for a result: `onEnd` is called once, later, with undefined where there is none. Releasing the returned object cancels
   * it. undefined: it is not looked for.
   */
  read(query: SharedQuery, expiresAt: number, onEnd: (outcome: Outcome | undefined) => void): Holder | undefined
  /** Copies the outcome before it returns. */
  write(query: SharedQuery, outcome: Outcome): void
  /** Ends what it opened. */
  close(): Promise<void>
}

/** A second tier for `cache.shared`: `redisCache` of `sidelane/redis-cache` makes one. Each host opens it for itself. */
export interface SharedCache {
  /** @internal */
  open(): Promise<SharedTier>
}
