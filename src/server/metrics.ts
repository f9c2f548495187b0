// The numbers of /metrics: counted as things happen, and the gauges asked when somebody looks. The names are those of
// docs/daemon.md, the same in both daemons.

import type { ErrorCode } from '../model/index.ts'
import type { Asked, Protocol } from './job.ts'
import type { ShedReason } from './observer.ts'
import { memoryUsage, pssBytes } from './memory.ts'
import { heading, Histogram, sample, type Labels } from './prometheus.ts'

const shedReasons: readonly ShedReason[] = [
  'queue',
  'bytes',
  'in_flight',
  'output',
  'memory',
  'connections',
  'draining',
]

const protocols: readonly Protocol[] = ['framed', 'http']

/** What is asked for when somebody looks. */
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
  /** By protocol, then contract, then code: no key is put together for a request. */
  readonly #requests: Readonly<Record<Protocol, Map<string, Map<string, Requests>>>> = {
    framed: new Map(),
    http: new Map(),
  }
  readonly #sheds = new Map<ShedReason, number>(shedReasons.map((reason) => [reason, 0]))
  readonly #queueWait = new Histogram()
  readonly #run = new Histogram()
  readonly #connections: Record<Protocol, number> = { framed: 0, http: 0 }
  readonly #reloads = { ok: 0, failed: 0 }
  #received = 0
  #sent = 0

  /** Times only of a request that had its turn. */
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
    this.#sheds.set(reason, (this.#sheds.get(reason) ?? 0) + 1)
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

  /** The page. */
  text(now: Now): string {
    const { rss, heapUsed, heapTotal, external } = memoryUsage()
    const gauge = (name: string, help: string, value: number): string =>
      heading(name, 'gauge', help) + sample(name, value)
    const counter = (name: string, help: string, value: number): string =>
      heading(name, 'counter', help) + sample(name, value)
    const histogram = (name: string, help: string, values: Histogram): string =>
      heading(name, 'histogram', help) + values.lines(name)
    return [
      heading('sidelane_requests_total', 'counter', 'Requests by contract, protocol and how they ended.'),
      ...protocols.flatMap((protocol) =>
        [...this.#requests[protocol].values()].flatMap((byCode) =>
          [...byCode.values()].map(({ labels, count }) => sample('sidelane_requests_total', count, labels)),
        ),
      ),
      histogram('sidelane_queue_wait_seconds', 'Time that payloads waited for their turn.', this.#queueWait),
      histogram('sidelane_run_seconds', 'Time that payloads took.', this.#run),
      gauge('sidelane_in_flight', 'Payloads that wait or run.', now.inFlight),
      gauge('sidelane_queued', 'Payloads that wait.', now.queued),
      gauge('sidelane_queued_bytes', 'Bytes of all bodies.', now.queuedBytes),
      heading('sidelane_connections', 'gauge', 'Open connections.'),
      ...protocols.map((protocol) => sample('sidelane_connections', this.#connections[protocol], { protocol })),
      counter('sidelane_received_bytes_total', 'Bytes read from clients.', this.#received),
      counter('sidelane_sent_bytes_total', 'Bytes written to clients.', this.#sent),
      heading('sidelane_sheds_total', 'counter', 'Requests and connections that were refused, by the bound they met.'),
      ...shedReasons.map((reason) => sample('sidelane_sheds_total', this.#sheds.get(reason) ?? 0, { reason })),
      counter('sidelane_log_dropped_total', 'Log lines that nobody took.', now.logDropped),
      heading('sidelane_reloads_total', 'counter', 'Reloads of the contracts.'),
      sample('sidelane_reloads_total', this.#reloads.ok, { result: 'ok' }),
      sample('sidelane_reloads_total', this.#reloads.failed, { result: 'failed' }),
      gauge('sidelane_contracts', 'Contracts that are served.', now.contracts),
      gauge('sidelane_ready', '1 when /readyz says so.', now.ready ? 1 : 0),
      gauge('sidelane_uptime_seconds', 'Seconds since the start.', process.uptime()),
      gauge('sidelane_rss_bytes', 'Resident memory of the process.', rss),
      gauge('sidelane_pss_bytes', 'The same, with shared pages in proportion.', pssBytes()),
      gauge('sidelane_allocated_bytes', 'Memory that is in use.', heapUsed + external),
      gauge('sidelane_allocator_resident_bytes', 'Memory that the allocator holds.', heapTotal + external),
      heading('sidelane_info', 'gauge', 'Always 1; the labels say what runs.'),
      sample('sidelane_info', 1, { version: now.version, daemon: 'node', engine: now.engine }),
    ].join('')
  }
}
