// BullMQ asks for the next job again at once after Redis has refused the last request, without a limit: where the user lacks a
// permission, thousands of times a second. This worker waits for `runRetryDelay` first.

import { Worker } from 'bullmq'

export class RetryDelayWorker extends Worker {
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
