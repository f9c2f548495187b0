// The engine in worker threads: requests wait in the pool's own queue, and outcomes are copied from a worker's memory to the
// connection's without decoding.

import type { PoolPlacement } from '../placements/index.ts'
import type { Executor } from './executor.ts'

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
