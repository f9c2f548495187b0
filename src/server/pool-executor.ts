// The engine in worker threads: the pool gets as many jobs as it can run, the others wait in the daemon's queue.

import { Call, encodeFault, encodeOutcome, type EngineReport } from '../model/index.ts'
import type { PoolPlacement } from '../placements/index.ts'
import type { Compile } from './contracts.ts'
import { Desk, type Write } from './outcome-writer.ts'
import type { Ended, EngineRoom } from './executor.ts'
import type { Job } from './job.ts'

export class PoolRoom implements EngineRoom {
  readonly workers: number
  readonly #pool: PoolPlacement
  readonly #desk = new Desk()
  #running = 0

  constructor(pool: PoolPlacement, workers: number) {
    this.#pool = pool
    this.workers = workers
  }

  get engine(): EngineReport {
    return this.#pool.engine
  }

  get room(): number {
    return this.#pool.capacity - this.#running
  }

  readonly compile: Compile = ({ contract, digestKey }) => ({
    compiled: undefined,
    number: this.#pool.add(contract, digestKey),
  })

  run(job: Job, now: number, ended: Ended): void {
    const { served, payload, canonical } = job
    const workUs = this.#pool.expectedUs(payload.length)
    const end = (write: Write): void => {
      this.#running--
      const size = this.#desk.write(job, write)
      ended(job, this.#desk.output, size, (performance.now() - now) * 1000, workUs)
    }
    const route = { contract: served.contract, contractIndex: served.number, holders: [] }
    const call = new Call(
      route,
      payload,
      canonical,
      undefined,
      undefined,
      (outcome) => end((_, bytes, at) => encodeOutcome(outcome, bytes, at)),
      (fault) => end((_, bytes, at) => encodeFault(fault, bytes, at)),
    )
    call.expiresAt = job.expiresAt
    this.#running++
    this.#pool.run(call)
  }

  stop(): Promise<void> {
    return this.#pool.stop()
  }
}
