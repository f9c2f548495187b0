// The spare workers of all contracts, and the requests that moved to them.

import type { Call, Holder, KeyedContract } from '../model/index.ts'
import { LinkedList } from '../util/linked-list.ts'
import type { RequestOwner, ServerRequest } from './request.ts'
import { SpareWorker, type SpareWorkerOptions } from './spare-worker.ts'

export interface SpareOptions extends SpareWorkerOptions {
  /** Most requests that wait for the worker of one contract. */
  readonly maxQueue: number
}

export class SpareWorkers implements Holder {
  readonly #options: SpareOptions
  readonly #workers = new Set<SpareWorker>()
  /** Requests that wait or run. */
  readonly requests: LinkedList<ServerRequest> = new LinkedList()

  constructor(options: SpareOptions) {
    this.#options = options
  }

  /** Requests that no worker has taken. */
  get queued(): number {
    let queued = 0
    for (const worker of this.#workers) queued += worker.queued
    return queued
  }

  /** For one contract; `dispose` ends it. */
  add(keyed: KeyedContract): { readonly worker: SpareWorker; readonly dispose: () => void } {
    const worker = new SpareWorker(keyed, this.#options)
    this.#workers.add(worker)
    const dispose = (): void => {
      this.#workers.delete(worker)
      void worker.stop()
    }
    return { worker, dispose }
  }

  /** Passes the request to the spare worker of its contract. */
  take(request: ServerRequest): void {
    const { spare } = request.contract
    if (spare.queued >= this.#options.maxQueue) {
      return request.fail((request.owner as RequestOwner).overloaded('queue'))
    }
    request.permit = this
    this.requests.push(request)
    spare.run(request)
  }

  /** The request has ended. */
  release(call: Call): void {
    const request = call as ServerRequest
    this.requests.remove(request)
    request.contract.spare.ended()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
  }
}
