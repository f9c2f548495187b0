// The second language of the socket: all connections that speak HTTP, and the pages about the daemon itself.

import type { Socket } from 'node:net'
import type { Reporter } from '../telemetry.ts'
import type { Readiness } from '../readiness.ts'
import type { Service } from '../service.ts'
import { json, text, type Answer } from './response.ts'
import { HttpConnection } from './connection.ts'
import { openApi } from './openapi.ts'
import type { Page } from './routes.ts'

const checkMs = 250

export interface HttpEdgeOptions {
  readonly service: Service
  readonly reporter: Reporter
  readonly readiness: Readiness
  /** Of a request that names none. */
  readonly deadlineMs: number
  readonly version: string
}

export class HttpEdge {
  readonly service: Service
  readonly reporter: Reporter
  readonly deadlineMs: number
  readonly #readiness: Readiness
  readonly #openApi: Answer
  readonly #connections = new Set<HttpConnection>()
  readonly #clock: NodeJS.Timeout
  #onEmpty: (() => void) | undefined

  constructor(options: HttpEdgeOptions) {
    this.service = options.service
    this.reporter = options.reporter
    this.deadlineMs = options.deadlineMs
    this.#readiness = options.readiness
    this.#openApi = json(openApi(options.version))
    this.#clock = setInterval(() => this.#check(), checkMs).unref()
  }

  get draining(): boolean {
    return this.service.state === 'draining'
  }

  /** Takes over a connection; `first` is what has been read of it. */
  readonly accept = (socket: Socket, first: Uint8Array, reserved: boolean): void => {
    this.reporter.opened('http')
    this.#connections.add(new HttpConnection(socket, first, this, reserved))
  }

  forget(connection: HttpConnection): void {
    if (!this.#connections.delete(connection)) return
    this.reporter.closed('http')
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** Ends each connection with its answer. Resolves when none is left, or at the signal: then all are cut. */
  async drain(signal: AbortSignal): Promise<void> {
    for (const connection of this.#connections) connection.drain()
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (this.#connections.size === 0 || signal.aborted) resolve()
    })
    this.destroy()
  }

  destroy(): void {
    clearInterval(this.#clock)
    for (const connection of this.#connections) connection.destroy()
  }

  /** The answer of a page. */
  page(page: Page): Answer {
    switch (page) {
      case '/healthz':
        return json({ status: 'ok' })
      case '/readyz': {
        const reasons = this.#readiness.reasons()
        return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503)
      }
      case '/metrics':
        return text('text/plain; version=0.0.4; charset=utf-8', this.reporter.metricsText())
      case '/v1/contracts':
        return json(contractList(this.service))
      case '/openapi.json':
        return this.#openApi
    }
  }

  #check(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.check(now)
  }
}

const contractList = ({ contracts }: Service): object[] =>
  contracts.list
    .map(({ name, id, contract: { profile } }) => ({
      name,
      id,
      codec: profile.compress.codec,
      digest: profile.digest,
      maxBytes: profile.limits.maxBytes,
    }))
    .sort((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1))
