// A `process` request that came by HTTP.

import type { LoadedContract } from '../contracts.ts'
import type { Output } from '../outcome-writer.ts'
import { ServerRequest } from '../request.ts'
import type { Body } from './body.ts'

export type Settle = (job: HttpJob, bytes: Uint8Array, queueUs: number, runUs: number) => void

export class HttpJob extends ServerRequest {
  readonly protocol = 'http'
  readonly #settle: Settle

  /** Owns the memory of the body from now on. */
  constructor(contract: LoadedContract, trace: Uint8Array | undefined, body: Body, expiresAt: number, settle: Settle) {
    super(contract, body.take(), false, trace, performance.now(), expiresAt, body.reserved)
    this.#settle = settle
  }

  respond({ bytes, at }: Output, size: number, queueUs: number, runUs: number): void {
    this.contract.registry.release()
    this.#settle(this, bytes.subarray(at, at + size), queueUs, runUs)
  }
}
