// What the inside of the daemon needs of its options.

import type { EngineName } from '../model/index.ts'

export interface ServiceSettings {
  readonly engine: EngineName
  readonly placement: 'inline' | 'pool'
  /** Workers of the pool. */
  readonly threads: number
  /** Where the pool's worker file is. Default: the one of this package. */
  readonly workerUrl?: URL
  readonly maxQueue: number
  readonly maxQueueMs: number
  /** How long the queue's thread polls after the last response. */
  readonly spinUs: number
  readonly maxBytes: number
  readonly maxInFlight: number
  readonly maxConnections: number
  readonly drainMs: number
  /** In HELLO: name/version. */
  readonly server: string
}
