// Stats → the families of metrics. Values with the same labels are added.

import type { LatencyHistogram, Stats } from '../model/index.ts'
import { appMetrics, sharedMetrics, type AppMetricName } from '../tables/app-metrics.ts'
import { metrics as daemonMetrics } from '../tables/metrics.ts'
import { histogramSamples, type HistogramSample, type Labels } from '../util/prometheus-text.ts'
import { readSources, type LabelledStats, type MetricsSources } from './sources.ts'

export interface Sample {
  readonly suffix: '' | HistogramSample['suffix']
  readonly labels: Labels
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

type Table = Readonly<Record<AppMetricName, readonly [type: Family['type'], help: string]>>

const shared = Object.fromEntries(sharedMetrics.map((name) => [name, daemonMetrics[name]]))
const table = { ...appMetrics, ...shared } as Table

/** All names, of which a page has a head each. */
export const metricNames = Object.keys(table) as AppMetricName[]

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
    metricNames.map((name) => [name, new Map()]),
  )

  readonly add: Add = (name, value, labels = {}) => this.#add(name, '', value, labels)

  /** Two rollouts of one contract follow one file: what they say is not added. */
  readonly set: Add = (name, value, labels = {}) => {
    this.#samples.get(name)?.set(keyOf('', labels), { suffix: '', labels, value })
  }

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
    return metricNames.map((name) => {
      const [type, help] = table[name]
      return { name, type, help, samples: [...(this.#samples.get(name)?.values() ?? [])] }
    })
  }

  #add(name: AppMetricName, suffix: Sample['suffix'], value: number, labels: Labels): void {
    const samples = this.#samples.get(name)
    const key = keyOf(suffix, labels)
    const sample = samples?.get(key)
    if (sample === undefined) samples?.set(key, { suffix, labels, value })
    else sample.value += value
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

function addPolicies({ add, set }: Page, { fallback, breaker, rollout, restarts }: Stats, labels: Labels): void {
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
  if (rollout !== undefined) addRollout(add, set, rollout, labels)
}

function addRollout(add: Add, set: Add, rollout: NonNullable<Stats['rollout']>, labels: Labels): void {
  const { percent, held, shadow } = rollout
  set('sidelane_rollout_percent', percent, labels)
  set('sidelane_rollout_held', held ? 1 : 0, labels)
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
