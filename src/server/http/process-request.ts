// A `process` request over HTTP, for the queue.

import type { LoadedContract } from '../contracts.ts'
import type { Output } from '../outcome-writer.ts'
import { ServerRequest } from '../request.ts'
import type { RequestBody } from './body.ts'

/** `outcome` is valid during the call only. Times are in µs. */
export type OnOutcome = (outcome: Uint8Array, queueUs: number, runUs: number) => void

export class ProcessRequest extends ServerRequest {
  readonly protocol = 'http'
  readonly #onOutcome: OnOutcome

  /** Owns what the body has reserved. */
  constructor(
    contract: LoadedContract,
    trace: Uint8Array | undefined,
    body: RequestBody,
    expiresAt: number,
    onOutcome: OnOutcome,
  ) {
    super(contract, body.take(), false, trace, performance.now(), expiresAt, body.reserved)
    this.#onOutcome = onOutcome
  }

  respond({ bytes, at }: Output, size: number, queueUs: number, runUs: number): void {
    this.contract.registry.release()
    this.#onOutcome(bytes.subarray(at, at + size), queueUs, runUs)
  }
}
