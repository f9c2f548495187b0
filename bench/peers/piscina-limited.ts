// Plain Piscina against overload, as its manual says: a bound on its queue, and a signal with a timeout for each task.

import type { ContractRef } from '../contracts/sources.ts'
import type { Answer } from '../contender.ts'
import { plainPiscina } from './piscina-plain.ts'

export interface Limits {
  /** Tasks that may wait. */
  readonly maxQueue: number
  /** Of each task, by a signal; undefined: none. */
  readonly timeoutMs: number | undefined
}

export interface LimitedPiscina {
  run(payload: Buffer): Promise<Answer>
  unguarded(payload: Buffer): Promise<Answer>
  /** Ends the workers, whatever they do. */
  destroy(): Promise<void>
}

export function limitedPiscina(ref: ContractRef, level: number, threads: number, limits: Limits): LimitedPiscina {
  const pool = plainPiscina(ref, level, threads, limits.maxQueue)
  // A worker that is ended by a signal reports here too; without a listener that would end the process.
  pool.on('error', () => {})
  const { timeoutMs } = limits
  return {
    run: (payload) =>
      timeoutMs === undefined ? pool.run(payload) : pool.run(payload, { signal: AbortSignal.timeout(timeoutMs) }),
    unguarded: (payload) => pool.run(payload),
    destroy: () => pool.destroy(),
  }
}
