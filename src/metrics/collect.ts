// Stats → the families of metrics. Values with the same labels are added, except gauges of `maxMetrics`, whose largest value
// counts.

import type { LatencyHistogram, SharedCacheStats, Stats } from '../model/index.ts'
import { appMetrics, maxMetrics, sharedMetrics, type AppMetricName } from '../tables/app-metrics.ts'
import { metrics as daemonMetrics } from '../tables/metrics.ts'
import { histogramSamples, type HistogramSample, type Labels } from '../util/prometheus-text.ts'
import { readSources, type LabelledStats, type MetricsSources } from './sources.ts'

export interface Sample {
  readonly suffix: '' | HistogramSample['suffix']
  readonly labels: Labels
  readonly value: number
}

export type Combine = 'sum' | 'max'

export interface Family {
  readonly name: AppMetricName
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** How values with the same labels become one. */
  readonly combine: Combine
  readonly samples: readonly Sample[]
}

type Table = Readonly<Record<AppMetricName, readonly [type: Family['type'], help: string]>>

const shared = Object.fromEntries(sharedMetrics.map((name) => [name, daemonMetrics[name]]))
const table = { ...appMetrics, ...shared } as Table

const largest = new Set<AppMetricName>(maxMetrics)

/** All metrics, of which a page has a head each. */
export const metricHeads: readonly Omit<Family, 'samples'>[] = (Object.keys(table) as AppMetricName[]).map((name) => {
  const [type, help] = table[name]
  return { name, type, help, combine: largest.has(name) ? 'max' : 'sum' }
})

type Add = (name: AppMetricName, value: number, labels?: Labels) => void

export function collect(sources: MetricsSources): Family[] {
  const page = new Page()
  for (const read of readSources(sources)) {
    const labels = { contract: read.contract, placement: read.placement }
    if (read.hasCalls) addCalls(page, read, labels)
    if (read.hasPolicies) addPolicies(page, read.stats, labels)
  }
  addProcess(page.add)
  return page.families()
}

/** The samples of one metric are a few: one for each set of labels. */
class Page {
  readonly #samples = new Map<AppMetricName, Map<string, Sample & { value: number }>>(
    metricHeads.map(({ name }) => [name, new Map()]),
  )

  readonly add: Add = (name, value, labels = {}) => this.#add(name, '', value, labels)

  histogram(
    name: AppMetricName,
    { buckets, sumUs }: LatencyHistogram,
    boundsUs: readonly number[],
    labels: Labels,
  ): void {
    for (const one of histogramSamples({ boundsUs, counts: buckets, sumUs }, labels)) {
      this.#add(name, one.suffix, one.value, one.labels)
    }
  }

  families(): Family[] {
    return metricHeads.map((head) => ({ ...head, samples: [...(this.#samples.get(head.name)?.values() ?? [])] }))
  }

  #add(name: AppMetricName, suffix: Sample['suffix'], value: number, labels: Labels): void {
    const samples = this.#samples.get(name)
    const key = keyOf(suffix, labels)
    const sample = samples?.get(key)
    if (sample === undefined) samples?.set(key, { suffix, labels, value })
    else sample.value = largest.has(name) ? Math.max(sample.value, value) : sample.value + value
  }
}

const keyOf = (suffix: string, labels: Labels): string => JSON.stringify([suffix, labels])

function addCalls(page: Page, { stats }: LabelledStats, labels: Labels): void {
  const { add } = page
  add('sidelane_calls_total', stats.accepted, { ...labels, code: 'accepted' })
  for (const [code, count] of Object.entries(stats.errors)) add('sidelane_calls_total', count, { ...labels, code })
  const { boundsUs, total, queueWait, run, added } = stats.latency
  page.histogram('sidelane_call_seconds', total, boundsUs, labels)
  page.histogram('sidelane_call_queue_wait_seconds', queueWait, boundsUs, labels)
  page.histogram('sidelane_call_run_seconds', run, boundsUs, labels)
  page.histogram('sidelane_call_added_seconds', added, boundsUs, labels)
  add('sidelane_calls_in_flight', stats.inFlight, labels)
  add('sidelane_calls_queued', stats.queued, labels)
  add('sidelane_calls_queued_bytes', stats.queuedBytes, labels)
  add('sidelane_call_in_bytes_total', stats.inBytes, labels)
  add('sidelane_call_out_bytes_total', stats.outBytes, labels)
  if (stats.cache === undefined) return
  add('sidelane_cache_hits_total', stats.cache.hits, labels)
  add('sidelane_cache_misses_total', stats.cache.misses, labels)
}

function addPolicies({ add }: Page, stats: Stats, labels: Labels): void {
  const { cache, fallback, breaker, queue, rollout, restarts } = stats
  if (fallback !== undefined) {
    for (const [cause, count] of Object.entries(fallback.answered)) {
      add('sidelane_fallbacks_total', count ?? 0, { ...labels, cause })
    }
    add('sidelane_fallback_failures_total', fallback.failed, labels)
  }
  if (breaker !== undefined) {
    for (const state of ['closed', 'open', 'half-open']) {
      add('sidelane_breaker_state', breaker.state === state ? 1 : 0, { ...labels, state })
    }
    add('sidelane_breaker_opened_total', breaker.opened, labels)
    add('sidelane_breaker_refused_total', breaker.refused, labels)
  }
  for (const [cause, count] of Object.entries(restarts ?? {})) {
    add('sidelane_worker_restarts_total', count, { ...labels, cause })
  }
  if (rollout !== undefined) addRollout(add, rollout, labels)
  if (queue !== undefined) addQueue(add, queue)
  if (cache?.shared !== undefined) addSharedCache(add, cache.shared, labels)
}

function addSharedCache(add: Add, stats: SharedCacheStats, labels: Labels): void {
  const { hits, misses, corrupt, timeouts, failed, skipped, breaker } = stats
  const reads = { hit: hits, miss: misses - corrupt, corrupt, timeout: timeouts, failed, skipped }
  for (const [result, count] of Object.entries(reads)) {
    add('sidelane_shared_cache_reads_total', count, { ...labels, result })
  }
  const { written, writeFailed, dropped, tooLarge } = stats
  for (const [result, count] of Object.entries({ written, failed: writeFailed, dropped, too_large: tooLarge })) {
    add('sidelane_shared_cache_writes_total', count, { ...labels, result })
  }
  add('sidelane_shared_cache_bytes_total', stats.readBytes, { ...labels, direction: 'read' })
  add('sidelane_shared_cache_bytes_total', stats.writtenBytes, { ...labels, direction: 'written' })
  for (const state of ['closed', 'open', 'half-open']) {
    add('sidelane_shared_cache_breaker_state', breaker.state === state ? 1 : 0, { ...labels, state })
  }
  add('sidelane_shared_cache_breaker_opened_total', breaker.opened, labels)
}

/** Producers and workers of one queue in one process are told apart by their role. */
function addQueue(add: Add, stats: NonNullable<Stats['queue']>): void {
  const { queue, role, batches, payloads, redisErrors, inFlight, waiting, blocked } = stats
  const labels = { queue, role }
  for (const [event, count] of Object.entries(batches)) add('sidelane_queue_batches_total', count, { ...labels, event })
  for (const [result, count] of Object.entries(payloads)) {
    add('sidelane_queue_payloads_total', count, { ...labels, result })
  }
  add('sidelane_queue_redis_errors_total', redisErrors, labels)
  add('sidelane_queue_batches_in_flight', inFlight, labels)
  if (role === 'worker') return
  add('sidelane_queue_batches_waiting', waiting, { queue })
  add('sidelane_queue_blocked', blocked ? 1 : 0, { queue })
}

function addRollout(add: Add, rollout: NonNullable<Stats['rollout']>, labels: Labels): void {
  const { percent, held, shadow } = rollout
  add('sidelane_rollout_percent', percent, labels)
  add('sidelane_rollout_held', held ? 1 : 0, labels)
  for (const side of ['baseline', 'candidate'] as const) {
    const { accepted, rejected, errors, deadlineExceeded, cancelled } = rollout[side]
    const results = { accepted, rejected, failed: errors, deadline: deadlineExceeded, cancelled }
    for (const [result, count] of Object.entries(results)) {
      add('sidelane_rollout_side_calls_total', count, { ...labels, side, result })
    }
  }
  if (shadow === undefined) return
  const { matched, mismatched, failed, dropped, skipped, inFlight } = shadow
  for (const [result, count] of Object.entries({ matched, mismatched, failed, dropped, skipped })) {
    add('sidelane_shadow_runs_total', count, { ...labels, result })
  }
  add('sidelane_shadow_in_flight', inFlight, labels)
}

function addProcess(add: Add): void {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  add('sidelane_rss_bytes', rss)
  add('sidelane_allocated_bytes', heapUsed + external)
  add('sidelane_allocator_resident_bytes', heapTotal + external)
}
