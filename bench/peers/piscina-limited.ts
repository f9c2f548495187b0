// Plain Piscina with the overload protection of its manual: a bounded queue, and a signal with a timeout for each task.

import type { ContractRef } from '../contracts/sources.ts'
import type { Answer } from '../../src/measure/contender.ts'
import { plainPiscina } from './piscina-plain.ts'

export interface Limits {
  /** The limit of waiting tasks. */
  readonly maxQueue: number
  /** The timeout of each task, by a signal; undefined: none. */
  readonly timeoutMs: number | undefined
}

export interface LimitedPiscina {
  run(payload: Buffer): Promise<Answer>
  unguarded(payload: Buffer): Promise<Answer>
  /** Terminates the workers. */
  destroy(): Promise<void>
}

export function limitedPiscina(ref: ContractRef, level: number, threads: number, limits: Limits): LimitedPiscina {
  const pool = plainPiscina(ref, level, threads, limits.maxQueue)
  // A worker terminated by a signal emits an error here too; without a listener it would end the process.
  pool.on('error', () => {})
  const { timeoutMs } = limits
  return {
    run: (payload) =>
      timeoutMs === undefined ? pool.run(payload) : pool.run(payload, { signal: AbortSignal.timeout(timeoutMs) }),
    unguarded: (payload) => pool.run(payload),
    destroy: () => pool.destroy(),
  }
}
