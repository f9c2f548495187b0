// The metrics of an app: type and help of each. Those that a daemon has too are in metrics.ts.

/** `[type, help]` by name, in the order of the page. */
export const appMetrics = {
  sidelane_calls_total: ['counter', 'Calls by contract, placement and result code.'],
  sidelane_call_seconds: ['histogram', 'Time of calls from start to result, without refused and cancelled ones.'],
  sidelane_call_queue_wait_seconds: ['histogram', 'Time until something took the payload.'],
  sidelane_call_run_seconds: ['histogram', 'Time that the engine or the function of the app took for a payload.'],
  sidelane_call_added_seconds: ['histogram', 'Time of calls that is not run time: queues, policies, threads, sockets.'],
  sidelane_calls_in_flight: ['gauge', 'Calls without a result.'],
  sidelane_calls_queued: ['gauge', 'Calls that wait.'],
  sidelane_calls_queued_bytes: ['gauge', 'Payload bytes of the calls that wait.'],
  sidelane_call_in_bytes_total: ['counter', 'Bytes of the payloads with an outcome.'],
  sidelane_call_out_bytes_total: ['counter', 'Bytes of the compressed bodies.'],
  sidelane_fallbacks_total: ['counter', 'Calls that a fallback answered, by the cause.'],
  sidelane_fallback_failures_total: ['counter', 'Calls that no fallback could answer.'],
  sidelane_breaker_state: ['gauge', 'Breakers in each state.'],
  sidelane_breaker_opened_total: ['counter', 'Times that the breaker opened.'],
  sidelane_breaker_refused_total: ['counter', 'Calls that the breaker refused.'],
  sidelane_rollout_percent: ['gauge', 'Percent of the calls that the candidate gets.'],
  sidelane_rollout_held: ['gauge', '1 when the rollout does not climb by itself.'],
  sidelane_rollout_side_calls_total: ['counter', 'Calls of each side of a rollout, by how they ended.'],
  sidelane_shadow_runs_total: ['counter', 'Shadow runs, by what came of them.'],
  sidelane_shadow_in_flight: ['gauge', 'Shadow runs in flight.'],
  sidelane_cache_hits_total: ['counter', 'Calls that took a cached result.'],
  sidelane_cache_misses_total: ['counter', 'Calls that the cache had no result for.'],
  sidelane_shared_cache_reads_total: ['counter', 'Reads of the shared result cache, by what came of them.'],
  sidelane_shared_cache_writes_total: ['counter', 'Writes of the shared result cache, by what came of them.'],
  sidelane_shared_cache_bytes_total: ['counter', 'Bytes of values read from and written to the shared result cache.'],
  sidelane_shared_cache_breaker_state: ['gauge', 'Breakers of shared result caches in each state.'],
  sidelane_shared_cache_breaker_opened_total: ['counter', 'Times that the breaker of a shared result cache opened.'],
  sidelane_queue_batches_total: ['counter', 'Batches of a queue, by what happened to them.'],
  sidelane_queue_payloads_total: ['counter', 'Payloads of a queue, by what became of them.'],
  sidelane_queue_redis_errors_total: ['counter', 'Commands of Redis that failed, and connections that were lost.'],
  sidelane_queue_batches_in_flight: ['gauge', 'Batches without an end.'],
  sidelane_queue_batches_waiting: ['gauge', 'Batches that wait in Redis, when a producer last counted them.'],
  sidelane_queue_blocked: [
    'gauge',
    '1 while a producer submits nothing, because too much waits or Redis is short of memory.',
  ],
} as const

/**
 * What several processors or processes say of one thing that they share, a file or a queue in Redis: the largest of the values
 * is theirs, not the sum.
 */
export const maxMetrics = [
  'sidelane_rollout_percent',
  'sidelane_rollout_held',
  'sidelane_queue_batches_waiting',
  'sidelane_queue_blocked',
] as const

/** Metrics of the process, which daemons have under the same names. */
export const sharedMetrics = [
  'sidelane_worker_restarts_total',
  'sidelane_rss_bytes',
  'sidelane_allocated_bytes',
  'sidelane_allocator_resident_bytes',
] as const

export type AppMetricName = keyof typeof appMetrics | (typeof sharedMetrics)[number]
