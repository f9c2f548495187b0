// BullMQ looks for the next job at once after a look that Redis has refused, without an end and without a pause: for a worker whose
// user lacks a permission, thousands of times a second.

import { Worker } from 'bullmq'

export class PatientWorker extends Worker {
  protected override async moveToActive(
    ...args: Parameters<Worker['moveToActive']>
  ): ReturnType<Worker['moveToActive']> {
    try {
      return await super.moveToActive(...args)
    } catch (error) {
      await this.delay(this.opts.runRetryDelay)
      throw error
    }
  }
}
