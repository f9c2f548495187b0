// The latency figures of `stats()`.

/** Times in fixed buckets. */
export interface LatencyHistogram {
  /** Times in all buckets. */
  readonly count: number
  /** Their sum, in µs. */
  readonly sumUs: number
  /** Times of each bucket: one for each bound of `LatencyStats.boundsUs`, and one for what is above all of them. */
  readonly buckets: readonly number[]
}

/** Where the time of calls goes. */
export interface LatencyStats {
  /** Upper bounds of the buckets, in µs, ascending from 25. */
  readonly boundsUs: readonly number[]
  /** Calls with an outcome: until something took the payload, in this process and in the daemon. */
  readonly queueWait: LatencyHistogram
  /** Calls with an outcome: in the engine, or in the app's function. */
  readonly run: LatencyHistogram
  /** Calls with an outcome: everything but `run`, which is what queues, policies, threads and sockets add. */
  readonly added: LatencyHistogram
  /** All calls but refused (`overloaded`) and cancelled ones: from `process` to the result. */
  readonly total: LatencyHistogram
}
