// Where jobs run: on this thread, or in worker threads. When they run, and which may not, is the queue's business.

import { resolveHostOptions, type EngineReport } from '../model/index.ts'
import { createEngine } from '../engine/index.ts'
import { PoolPlacement } from '../placements/index.ts'
import type { Compile, LoadedContract } from './contracts.ts'
import { InlineRoom } from './inline-executor.ts'
import type { Job, Output } from './job.ts'
import { PoolRoom } from './pool-executor.ts'
import type { ServiceSettings } from './service.ts'

/**
 * Told when a job has run: the outcome stands in `output` and has `size` bytes. `us` is how long it took, `workUs` how
 * long a worker was busy with it, as far as is known.
 */
export type Ended = (job: Job, output: Output, size: number, us: number, workUs: number) => void

export interface EngineRoom {
  readonly engine: EngineReport
  readonly workers: number
  /** Jobs that it takes now. */
  readonly room: number
  readonly compile: Compile
  /** Runs the job, now or soon; `now` is the time. */
  run(job: Job, now: number, ended: Ended): void
  /** After the last job. */
  stop(): Promise<void>
}

/**
 * Rejects with `engine.unavailable` when the engine, or a worker, cannot run. `first`: what a pool's workers compile while
 * they start.
 */
export async function openEngineRoom(
  { placement, engine: name, threads, workerUrl }: ServiceSettings,
  first: readonly LoadedContract[],
): Promise<EngineRoom> {
  // Before any worker: an addon that only workers load can crash the process when the last of them ends.
  const engine = createEngine(name)
  if (placement === 'inline') return new InlineRoom(engine)
  const options = resolveHostOptions({ placement, engine: name, threads, workerUrl }, threads)
  return new PoolRoom(await PoolPlacement.start(options, engine, first), threads)
}
