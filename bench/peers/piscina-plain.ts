// zod+zlib in plain Piscina, one task for each payload: the usual way to move work to worker threads.

import { Piscina } from 'piscina'
import type { ContractRef } from '../contracts/sources.ts'
import type { Answer, Contender } from '../../src/measure/contender.ts'

/** The worker's data at start-up. */
export interface PlainWorkerData {
  readonly ref: ContractRef
  readonly level: number
}

export function piscinaPlainPeer(ref: ContractRef, level: number, threads: number): Contender {
  const pool = plainPiscina(ref, level, threads)
  return {
    id: 'piscina-plain',
    digest: 'none',
    side: 'peer',
    mode: 'pool',
    canonical: false,
    call: (payload) => pool.run(payload),
    close: () => pool.close(),
  }
}

/** The same number of threads as our pool, always running; all other options are Piscina's defaults. */
export function plainPiscina(
  ref: ContractRef,
  level: number,
  threads: number,
  maxQueue?: number,
): Piscina<Uint8Array, Answer> {
  const workerData: PlainWorkerData = { ref, level }
  return new Piscina<Uint8Array, Answer>({
    filename: new URL('./piscina-plain-worker.js', import.meta.url).href,
    name: 'handle',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData,
    ...(maxQueue !== undefined && { maxQueue }),
  })
}
