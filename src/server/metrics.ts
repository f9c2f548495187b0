// The metrics of the daemon: counters that are kept, and gauges that are read when the page is built. Names, types and
// helps are in tables/metrics.ts.

import { metrics, protocols, reloadResults, shedReasons, type MetricName } from '../tables/metrics.ts'
import type { ErrorCode } from '../model/index.ts'
import type { Asked, Protocol } from './job.ts'
import type { ShedReason } from './observer.ts'
import { memoryUsage, pssBytes } from './memory.ts'
import { heading, Histogram, sample, type Labels } from './prometheus.ts'

/** The gauges, read when the page is built. */
export interface Now {
  readonly inFlight: number
  readonly queued: number
  readonly queuedBytes: number
  readonly contracts: number
  readonly ready: boolean
  readonly logDropped: number
  readonly version: string
  readonly engine: string
}

interface Requests {
  readonly labels: Labels
  count: number
}

export class Metrics {
  /** By protocol, contract and code: a request builds no key. */
  readonly #requests: Readonly<Record<Protocol, Map<string, Map<string, Requests>>>> = {
    framed: new Map(),
    http: new Map(),
  }
  readonly #sheds = Object.fromEntries(shedReasons.map((reason) => [reason, 0])) as Record<ShedReason, number>
  readonly #queueWait = new Histogram()
  readonly #run = new Histogram()
  readonly #connections: Record<Protocol, number> = { framed: 0, http: 0 }
  readonly #reloads = { ok: 0, failed: 0 }
  #received = 0
  #sent = 0

  /** Counts a request; its times only if it ran. */
  request({ served, protocol }: Asked, code: ErrorCode | 'accepted', queueUs: number, runUs: number): void {
    const contract = served?.name ?? ''
    const byContract = this.#requests[protocol]
    let byCode = byContract.get(contract)
    if (byCode === undefined) byContract.set(contract, (byCode = new Map()))
    let requests = byCode.get(code)
    if (requests === undefined) byCode.set(code, (requests = { labels: { contract, protocol, code }, count: 0 }))
    requests.count++
    if (runUs > 0) {
      this.#queueWait.add(queueUs)
      this.#run.add(runUs)
    }
  }

  shed(reason: ShedReason): void {
    this.#sheds[reason]++
  }

  opened(protocol: Protocol): void {
    this.#connections[protocol]++
  }

  closed(protocol: Protocol): void {
    this.#connections[protocol]--
  }

  received(bytes: number): void {
    this.#received += bytes
  }

  sent(bytes: number): void {
    this.#sent += bytes
  }

  reloaded(ok: boolean): void {
    this.#reloads[ok ? 'ok' : 'failed']++
  }

  /** The page, in the order of the table. */
  text(now: Now): string {
    const { rss, heapUsed, heapTotal, external } = memoryUsage()
    const values: Readonly<Record<MetricName, Value>> = {
      sidelane_requests_total: this.#requestCounts(),
      sidelane_queue_wait_seconds: this.#queueWait,
      sidelane_run_seconds: this.#run,
      sidelane_in_flight: now.inFlight,
      sidelane_queued: now.queued,
      sidelane_queued_bytes: now.queuedBytes,
      sidelane_connections: protocols.map((protocol) => [{ protocol }, this.#connections[protocol]]),
      sidelane_received_bytes_total: this.#received,
      sidelane_sent_bytes_total: this.#sent,
      sidelane_sheds_total: shedReasons.map((reason) => [{ reason }, this.#sheds[reason]]),
      sidelane_log_dropped_total: now.logDropped,
      sidelane_reloads_total: reloadResults.map((result) => [{ result }, this.#reloads[result]]),
      sidelane_contracts: now.contracts,
      sidelane_ready: now.ready ? 1 : 0,
      sidelane_uptime_seconds: process.uptime(),
      sidelane_rss_bytes: rss,
      sidelane_pss_bytes: pssBytes(),
      sidelane_allocated_bytes: heapUsed + external,
      sidelane_allocator_resident_bytes: heapTotal + external,
      sidelane_info: [[{ version: now.version, daemon: 'node', engine: now.engine }, 1]],
    }
    return Object.entries(metrics)
      .map(([name, [type, help]]) => heading(name, type, help) + samples(name, values[name as MetricName]))
      .join('')
  }

  #requestCounts(): readonly LabelledValue[] {
    const byContract = protocols.flatMap((protocol) => [...this.#requests[protocol].values()])
    return byContract.flatMap((byCode) => [...byCode.values()].map(({ labels, count }) => [labels, count]))
  }
}

type LabelledValue = readonly [labels: Labels, value: number]
type Value = number | Histogram | readonly LabelledValue[]

function samples(name: string, value: Value): string {
  if (typeof value === 'number') return sample(name, value)
  if (value instanceof Histogram) return value.lines(name)
  return value.map(([labels, one]) => sample(name, one, labels)).join('')
}
