// The seam between the daemon's inside and its edge: what framed connections, HTTP and the start-up script ask of it. The
// work behind it: queue.ts, engine-room.ts, contracts.ts.

import type { Socket } from 'node:net'
import type { EngineName, EngineReport } from '../model/index.ts'
import type { LoadedContract, ServedTable } from './contracts.ts'
import type { Job } from './job.ts'
import type { ShedReason } from './observer.ts'

export interface ServiceSettings {
  readonly engine: EngineName
  readonly placement: 'inline' | 'pool'
  /** Workers of the pool. */
  readonly threads: number
  /** Where the pool's worker file is. Default: the one of this package. */
  readonly workerUrl?: URL
  readonly maxQueue: number
  readonly maxQueueMs: number
  /** How long the queue's thread stays awake after the last answer. */
  readonly spinUs: number
  readonly maxBytes: number
  readonly maxInFlight: number
  readonly maxConnections: number
  readonly drainMs: number
  /** As it is said in HELLO: name/version. */
  readonly server: string
}

export type ServiceState = 'starting' | 'ready' | 'draining'

/** Why a request is not taken. It is answered with `overloaded`. */
export interface Refusal {
  readonly reason: ShedReason
  readonly retryAfterMs: number | undefined
}

/** What metrics show. */
export interface Gauges {
  /** Requests that wait or run. */
  readonly inFlight: number
  readonly queued: number
  /** All bodies together. */
  readonly queuedBytes: number
  readonly connections: number
}

/** Takes over a connection that speaks HTTP. `first`: what has been read of it. `reserved`: a place kept for health and metrics only. */
export type HttpHandler = (socket: Socket, first: Uint8Array, reserved: boolean) => void

export interface Service {
  readonly settings: ServiceSettings
  readonly state: ServiceState
  readonly engine: EngineReport
  readonly gauges: Gauges
  /** The contracts for new connections and for HTTP. Another one after a reload. */
  readonly contracts: ServedTable
  /** While true, requests are refused: the watermark's. */
  outOfMemory: boolean
  /** Set by the edge. Without it a connection that speaks HTTP is closed. */
  http: HttpHandler | undefined

  /** The daemon listens: `starting` is over. */
  ready(): void
  /** Asked with the size that the header names, before there is memory for the body. undefined: it may come. */
  reserve(bytes: number): Refusal | undefined
  /** Only for what was reserved and is not submitted. */
  release(bytes: number): void
  /** Queues the job; it is answered later. Its bytes have been reserved. */
  submit(job: Job): void
  /** Answers a job that still waits with `cancelled`; false: it does not wait any more. */
  cancel(job: Job): boolean
  /** Forgets a job that still waits: there is nobody to answer. */
  drop(job: Job): boolean
  /** A new connection: the first byte says what it speaks. Closes it when there are too many. */
  accept(socket: Socket): void
  /** Serves these from now on. Compiles first: throws, and nothing has changed. Connections that there are get GOAWAY. */
  reload(contracts: readonly LoadedContract[]): void
  /** No way back: GOAWAY to all. Resolves when nothing is in flight and no framed connection is left, or after `drainMs`. */
  drain(): Promise<void>
  /** Closes every framed connection and the engine. */
  destroy(): Promise<void>
}
