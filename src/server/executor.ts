// Where requests run: on this thread, or in worker threads. Each has the queue in front of its engine.

import type { Call, EngineReport } from '../model/index.ts'
import type { PoolPlacement } from '../placements/index.ts'
import type { QueueState } from '../policies/index.ts'
import type { CompileContract } from './contracts.ts'
import type { ServerRequest } from './request.ts'

export interface Executor {
  readonly engine: EngineReport
  readonly workers: number
  /** `run` copies the payload: its memory may be reused afterwards. */
  readonly copiesPayload: boolean
  readonly queue: QueueState & { readonly queuedCalls: Iterable<Call> }
  readonly compile: CompileContract
  /** Queues the request, and completes it later. */
  run(request: ServerRequest): void
  /** Called after the last request. */
  stop(): Promise<void>
}

/**
 * The engine in worker threads: requests wait in the pool's own queue, and outcomes are copied from a worker's memory to
 * the connection's without decoding.
 */
export const poolExecutor = (pool: PoolPlacement, workers: number): Executor => ({
  workers,
  copiesPayload: true,
  queue: pool,
  get engine() {
    return pool.engine
  },
  compile: ({ contract, digestKey }) => ({ compiled: undefined, contractIndex: pool.add(contract, digestKey) }),
  run: pool.run,
  stop: () => pool.stop(),
})
