// The engine on this thread: a job is over before the next begins.

import { encodeFault, SidelaneError, toFault, type EngineReport } from '../model/index.ts'
import type { Engine } from '../engine/index.ts'
import type { Compile } from './contracts.ts'
import { Desk, type Write } from './outcome-writer.ts'
import type { Ended, EngineRoom } from './executor.ts'
import type { Job } from './job.ts'

export class InlineRoom implements EngineRoom {
  readonly workers = 1
  readonly room: number = Number.POSITIVE_INFINITY
  readonly #engine: Engine
  readonly #desk = new Desk()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get engine(): EngineReport {
    return this.#engine.report
  }

  readonly compile: Compile = ({ contract, digestKey }) => ({
    compiled: this.#engine.compile(contract, digestKey === undefined ? {} : { digestKey }),
    number: 0,
  })

  run(job: Job, now: number, ended: Ended): void {
    const size = this.#desk.write(job, process)
    const us = (performance.now() - now) * 1000
    ended(job, this.#desk.output, size, us, us)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

const process: Write = (job, bytes, at) => {
  try {
    const { compiled } = job.served
    if (compiled === undefined) throw new SidelaneError('internal.panic')
    return compiled.processInto(job.payload, job.canonical, bytes, at)
  } catch (error) {
    return encodeFault(toFault(error), bytes, at)
  }
}
