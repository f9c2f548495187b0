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
      if (this.closing === undefined) await this.delay(this.opts.runRetryDelay)
      throw error
    }
  }

  /** Without a time: after a refused wait for a job. */
  override delay(...[ms, controller]: Parameters<Worker['delay']>): Promise<void> {
    return super.delay(ms ?? this.opts.runRetryDelay, controller)
  }
}
