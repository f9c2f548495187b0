// Records the events of the daemon: counters and gauges in the Prometheus text format 0.0.4, and log lines (log.ts). Names,
// types and helps of the metrics are in tables/metrics.ts. Only a share of the requests is logged.

import { readFileSync } from 'node:fs'
import {
  bucketBoundsUs,
  metrics,
  protocols as protocolTable,
  reloadResults,
  restartCauses as restartTable,
  shedReasons as shedTable,
  tlsRefusals as tlsRefusalTable,
  type MetricName,
} from '../tables/metrics.ts'
import type { ErrorCode, RestartCause, WorkerRestarts } from '../model/index.ts'
import { Histogram } from '../util/histogram.ts'
import { headLines, histogramSamples, sampleLine, type Labels } from '../util/prometheus-text.ts'
import { traceIdOf } from '../wire/index.ts'
import type { Log, LogEvent } from './log.ts'
import type { Protocol, RequestInfo } from './request.ts'

/** The gauges, read when the page is built. */
export interface Now {
  /** Requests that wait or run. */
  readonly inFlight: number
  readonly queued: number
  /** All bodies together. */
  readonly queuedBytes: number
  /** undefined: there are no worker threads. */
  readonly restarts: WorkerRestarts | undefined
  readonly contracts: number
  readonly ready: boolean
  readonly leakSuspected: boolean
  readonly crashReports: number
  /** undefined: there is no --tls-listen. */
  readonly tls: { readonly connections: number; readonly handshakes: number } | undefined
  readonly version: string
  readonly engine: string
}

interface Requests {
  readonly labels: Labels
  count: number
}

const protocols = Object.keys(protocolTable) as Protocol[]
const shedReasons = Object.keys(shedTable) as ShedReason[]
const tlsRefusals = Object.keys(tlsRefusalTable) as TlsRefusal[]
const restartCauses = Object.keys(restartTable) as RestartCause[]

export type ResultCode = ErrorCode | 'accepted'

/** Why a request or a connection was refused: the label of `sidelane_sheds_total`. */
export type ShedReason = keyof typeof shedTable

/** Why a connection to --tls-listen was refused: the label of `sidelane_tls_refused_total`. */
export type TlsRefusal = keyof typeof tlsRefusalTable

/** The events of requests and of framed connections. */
export type Observer = Pick<Telemetry, 'request' | 'shed' | 'opened' | 'closed' | 'received' | 'sent'>

export class Telemetry {
  readonly #log: Log
  readonly #sample: number
  #refusals = 0
  #refusedAt = Number.NEGATIVE_INFINITY
  #now: (() => Now) | undefined
  /** Called with the code of each request that was not accepted. */
  onCode: ((code: string) => void) | undefined
  /** By protocol, contract and code: a request builds no key. */
  readonly #requests: Readonly<Record<Protocol, Map<string, Map<string, Requests>>>> = {
    framed: new Map(),
    http: new Map(),
  }
  readonly #sheds = Object.fromEntries(shedReasons.map((reason) => [reason, 0])) as Record<ShedReason, number>
  readonly #tlsRefusals = Object.fromEntries(tlsRefusals.map((reason) => [reason, 0])) as Record<TlsRefusal, number>
  readonly #queueWait = new Histogram(bucketBoundsUs)
  readonly #run = new Histogram(bucketBoundsUs)
  readonly #connections: Record<Protocol, number> = { framed: 0, http: 0 }
  readonly #reloads = { ok: 0, failed: 0 }
  #panics = 0
  #received = 0
  #sent = 0

  /** `sample`: share of the requests that are logged, 0 to 1. */
  constructor(log: Log, sample: number) {
    this.#log = log
    this.#sample = sample
  }

  /** Sets the source of the gauges. */
  watch(now: () => Now): void {
    this.#now = now
  }

  event(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void {
    this.#log.write(event, fields)
  }

  /** A request has its response. `outBytes`: of the compressed body, 0 without one. On the hot path: must not throw. */
  request(info: RequestInfo, code: ResultCode, status: number, outBytes: number, queueUs: number, runUs: number): void {
    this.#count(info, code, queueUs, runUs)
    if (code === 'internal.panic') this.#panics++
    if (code !== 'accepted') this.onCode?.(code)
    if (!this.#isSampled(status)) return
    const { trace, contract, inBytes } = info
    const millis = (queueUs + runUs) / 1000
    const { engine } = this.#now?.() ?? {}
    // The placement of the client, whose own lines have the same field.
    const ran = { ...(code !== 'accepted' && { code }), placement: 'sidecar', engine }
    this.#line(contract?.name ?? '', inBytes, outBytes, millis, status, ran, trace)
  }

  /** A request other than `process`; `path` is undefined when the daemon does not have it. `code`: of a problem. */
  page(path: string | undefined, status: number, code: ErrorCode | undefined, outBytes: number, millis: number): void {
    if (this.#isSampled(status)) this.#line(path ?? '', 0, outBytes, millis, status, code && { code })
  }

  /** A request (beside its `request`) or a connection was refused: of connections, at most one line per second. */
  shed(reason: ShedReason): void {
    this.#sheds[reason]++
    if (reason === 'connections') this.#refused(reason)
  }

  /** A connection to --tls-listen was refused; `peer`: the name in a certificate that was verified. */
  tlsRefused(reason: TlsRefusal, peer?: string): void {
    this.#tlsRefusals[reason]++
    this.#refused(`tls ${reason}`, peer)
  }

  /** At most one line per second. */
  #refused(reason: string, peer?: string): void {
    this.#refusals++
    const now = performance.now()
    if (now < this.#refusedAt + 1000) return
    this.event('refused', { reason, ...(peer !== undefined && { peer }), count: this.#refusals })
    this.#refusedAt = now
    this.#refusals = 0
  }

  opened(protocol: Protocol): void {
    this.#connections[protocol]++
  }

  closed(protocol: Protocol): void {
    this.#connections[protocol]--
  }

  /** Bytes of framed connections; HTTP counts its own. */
  received(bytes: number): void {
    this.#received += bytes
  }

  sent(bytes: number): void {
    this.#sent += bytes
  }

  /** `error` names the file and the place in it. */
  reloaded(error?: Error): void {
    this.#reloads[error === undefined ? 'ok' : 'failed']++
    if (error === undefined) this.event('reloaded')
    else this.event('reload_failed', { message: error.message })
  }

  /** The page, in the order of the table. */
  metricsText(): string {
    const now = this.#now?.()
    if (now === undefined) return ''
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
      sidelane_tls_connections: now.tls?.connections ?? 0,
      sidelane_tls_handshakes: now.tls?.handshakes ?? 0,
      sidelane_tls_refused_total: tlsRefusals.map((reason) => [{ reason }, this.#tlsRefusals[reason]]),
      sidelane_log_dropped_total: this.#log.dropped,
      sidelane_worker_restarts_total: restartCauses.map((cause) => [{ cause }, now.restarts?.[cause] ?? 0]),
      sidelane_reloads_total: reloadResults.map((result) => [{ result }, this.#reloads[result]]),
      sidelane_contracts: now.contracts,
      sidelane_ready: now.ready ? 1 : 0,
      sidelane_uptime_seconds: process.uptime(),
      sidelane_rss_bytes: rss,
      sidelane_pss_bytes: pssBytes(),
      sidelane_allocated_bytes: heapUsed + external,
      sidelane_allocator_resident_bytes: heapTotal + external,
      sidelane_leak_suspected: now.leakSuspected ? 1 : 0,
      sidelane_panics_total: this.#panics,
      sidelane_crash_reports: now.crashReports,
      sidelane_info: [[{ version: now.version, daemon: 'node', engine: now.engine }, 1]],
    }
    return Object.entries(metrics)
      .map(([name, [type, help]]) => headLines(name, type, help) + samples(name, values[name as MetricName]))
      .join('')
  }

  /** Its times only if it ran. */
  #count({ contract: loaded, protocol }: RequestInfo, code: ResultCode, queueUs: number, runUs: number): void {
    const contract = loaded?.name ?? ''
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

  #isSampled(status: number): boolean {
    return status >= 500 || (this.#sample > 0 && Math.random() < this.#sample)
  }

  #line(
    route: string,
    inBytes: number,
    outBytes: number,
    millis: number,
    status: number,
    more: object | undefined,
    trace?: Uint8Array,
  ): void {
    const fields = {
      ...(trace !== undefined && { trace_id: traceIdOf(trace) }),
      route,
      in_bytes: inBytes,
      out_bytes: outBytes,
      millis: Math.round(millis * 1000) / 1000,
      status,
      ...more,
    }
    this.#log.write('request', fields, status >= 500 ? 'error' : undefined)
  }

  #requestCounts(): readonly LabelledValue[] {
    const byContract = protocols.flatMap((protocol) => [...this.#requests[protocol].values()])
    return byContract.flatMap((byCode) => [...byCode.values()].map(({ labels, count }) => [labels, count]))
  }
}

type LabelledValue = readonly [labels: Labels, value: number]
type Value = number | Histogram | readonly LabelledValue[]

function samples(name: string, value: Value): string {
  if (typeof value === 'number') return sampleLine(name, value)
  if (value instanceof Histogram) {
    return histogramSamples(value)
      .map(({ suffix, labels, value: one }) => sampleLine(name + suffix, one, labels))
      .join('')
  }
  return value.map(([labels, one]) => sampleLine(name, one, labels)).join('')
}

type Usage = Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed' | 'heapTotal' | 'external'>

let last: Usage = { rss: 0, heapUsed: 0, heapTotal: 0, external: 0 }

/** Reading it takes a file descriptor; without a free one the last value is returned. */
export function memoryUsage(): Usage {
  try {
    last = process.memoryUsage()
  } catch {
    // Out of descriptors.
  }
  return last
}

/** Proportional set size; RSS where the system does not report it. */
function pssBytes(): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // Not Linux, or out of descriptors.
  }
  return memoryUsage().rss
}
