// Counts the workers that were replaced, by the cause. What the causes are: tables/metrics.ts.

import type { restartCauses } from '../tables/metrics.ts'

export type RestartCause = keyof typeof restartCauses

/** Workers that ended, by the cause; each is replaced. */
export type WorkerRestarts = Readonly<Record<RestartCause, number>>

export class RestartCounter {
  readonly counts: Record<RestartCause, number> = { exit: 0, error: 0, memory: 0, hung: 0, load: 0 }

  add(cause: RestartCause): void {
    this.counts[cause]++
  }
}
