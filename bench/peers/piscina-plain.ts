// zod+zlib in plain Piscina, one task a payload: what a team writes that moves its hot path to worker threads by itself.

import { Piscina } from 'piscina'
import type { ContractRef } from '../contracts/sources.ts'
import type { Answer, Contender } from '../contender.ts'

/** What the worker gets at its start. */
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

/** As many threads as our pool has, and none that stops and starts again: all else is Piscina's default. */
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
