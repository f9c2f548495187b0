// A `process` request as a job of the queue.

import type { Served } from '../contracts.ts'
import type { Job } from '../job.ts'
import type { RequestBody } from './body.ts'

export type Settle = (job: HttpJob, bytes: Uint8Array, queueUs: number, runUs: number) => void

export class HttpJob implements Job {
  readonly served: Served
  readonly protocol = 'http'
  readonly inBytes: number
  readonly trace: Uint8Array | undefined
  payload: Uint8Array
  readonly canonical = false
  readonly expiresAt: number
  readonly receivedAt: number = performance.now()
  readonly reserved: number
  readonly #settle: Settle

  startedAt = 0
  waits = false
  earlier: Job | undefined
  later: Job | undefined

  /** Takes over what the body has reserved. */
  constructor(served: Served, trace: Uint8Array | undefined, body: RequestBody, expiresAt: number, settle: Settle) {
    this.served = served
    this.trace = trace
    this.payload = body.take()
    this.inBytes = this.payload.length
    this.reserved = body.reserved
    this.expiresAt = expiresAt
    this.#settle = settle
  }

  answer(bytes: Uint8Array, queueUs: number, runUs: number): void {
    this.served.table.release()
    this.#settle(this, bytes, queueUs, runUs)
  }
}
