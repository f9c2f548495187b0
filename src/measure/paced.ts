// Calls at a fixed rate by a thread that sleeps in between, as an app does: for CPU times, not for latencies, because a timer
// fires up to a millisecond late.

import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { Contender } from './contender.ts'
import { OpenCalls } from './open-calls.ts'

/** Without a contender only the clock runs. Resolves with the number of calls when all have ended. */
export async function runAtPace(
  contender: Contender | undefined,
  payloads: readonly Buffer[],
  perSecond: number,
  lengthMs: number,
): Promise<number> {
  const gapMs = 1000 / perSecond
  const count = Math.max(1, Math.round(lengthMs / gapMs))
  const open = new OpenCalls()
  const from = performance.now()
  for (let next = 0; next < count;) {
    for (; next < count && from + next * gapMs <= performance.now(); next++) {
      const answer = contender?.call(payloads[next % payloads.length] as Buffer)
      if (answer instanceof Promise) open.add(answer)
    }
    if (next < count) await setTimeout(Math.max(1, from + next * gapMs - performance.now()))
  }
  await open.ended()
  return count
}
