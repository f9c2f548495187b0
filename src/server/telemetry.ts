// Records the events of the daemon: counts in metrics.ts, lines in log.ts. Only a share of the requests is logged.

import { traceIdOf } from '../wire/index.ts'
import type { RequestInfo } from './request.ts'
import type { Log, LogEvent } from './log.ts'
import { Metrics, type Now, type ResultCode, type ShedReason } from './metrics.ts'

/** The events of requests and of framed connections. */
export type Observer = Pick<Telemetry, 'request' | 'shed' | 'opened' | 'closed' | 'received' | 'sent'>

export class Telemetry extends Metrics {
  readonly #log: Log
  readonly #sample: number
  #refusals = 0
  #refusedAt = Number.NEGATIVE_INFINITY
  #now: (() => Omit<Now, 'logDropped'>) | undefined

  /** `sample`: share of the requests that are logged, 0 to 1. */
  constructor(log: Log, sample: number) {
    super()
    this.#log = log
    this.#sample = sample
  }

  /** Sets the source of the gauges. */
  watch(now: () => Omit<Now, 'logDropped'>): void {
    this.#now = now
  }

  metricsText(): string {
    const now = this.#now?.()
    return now === undefined ? '' : this.text({ ...now, logDropped: this.#log.dropped })
  }

  event(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void {
    this.#log.write(event, fields)
  }

  /** A request has its response. `outBytes`: of the compressed body, 0 without one. On the hot path: must not throw. */
  request(info: RequestInfo, code: ResultCode, status: number, outBytes: number, queueUs: number, runUs: number): void {
    this.countRequest(info, code, queueUs, runUs)
    if (!this.#isSampled(status)) return
    const { trace, contract, inBytes } = info
    this.#line(contract?.name ?? '', inBytes, outBytes, (queueUs + runUs) / 1000, status, trace)
  }

  /** A request other than `process`; `path` is undefined when the daemon does not have it. */
  page(path: string | undefined, status: number, outBytes: number, millis: number): void {
    if (this.#isSampled(status)) this.#line(path ?? '', 0, outBytes, millis, status)
  }

  override shed(reason: ShedReason): void {
    super.shed(reason)
    if (reason === 'connections') this.#refused()
  }

  override reloaded(error?: Error): void {
    super.reloaded(error)
    if (error === undefined) this.event('reloaded')
    else this.event('reload_failed', { message: error.message })
  }

  /** Logs at most one line per second. */
  #refused(): void {
    this.#refusals++
    const now = performance.now()
    if (now < this.#refusedAt + 1000) return
    this.event('refused', { reason: 'connections', count: this.#refusals })
    this.#refusedAt = now
    this.#refusals = 0
  }

  #isSampled(status: number): boolean {
    return status >= 500 || (this.#sample > 0 && Math.random() < this.#sample)
  }

  #line(route: string, inBytes: number, outBytes: number, millis: number, status: number, trace?: Uint8Array): void {
    const fields = {
      ...(trace !== undefined && { trace_id: traceIdOf(trace) }),
      route,
      in_bytes: inBytes,
      out_bytes: outBytes,
      millis: Math.round(millis * 1000) / 1000,
      status,
    }
    this.#log.write('request', fields, status >= 500 ? 'error' : undefined)
  }
}
