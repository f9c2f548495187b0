// Payloads arrive by the clock, and the latency of a call counts from its scheduled start. The main thread polls the clock and
// never sleeps.

import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Contender } from './contender.ts'
import { OpenCalls } from './open-calls.ts'

/** Latencies in ms; NaN for a refused call. */
export async function runOpenLoop(
  contender: Contender,
  payloads: readonly Buffer[],
  perSecond: number,
  lengthMs: number,
): Promise<Float64Array> {
  const gapMs = 1000 / perSecond
  const count = Math.max(1, Math.floor(lengthMs / gapMs))
  const latencies = new Float64Array(count)
  const open = new OpenCalls()
  const from = performance.now()
  for (let next = 0; next < count;) {
    // Starts all calls that are due; outcomes that need the event loop arrive in between.
    for (; next < count && from + next * gapMs <= performance.now(); next++) {
      const [index, due] = [next, from + next * gapMs]
      const answer = contender.call(payloads[index % payloads.length] as Buffer)
      if (answer instanceof Promise) {
        const note = (): void => void (latencies[index] = performance.now() - due)
        const noted = answer.then(note, (error: unknown) => void (latencies[index] = refusal(error)))
        open.add(noted)
        if (contender.mode === 'inline') await noted
      } else latencies[index] = performance.now() - due
    }
    await setImmediate()
  }
  await open.ended()
  return latencies
}

/** NaN for `overloaded`; other errors are thrown. */
function refusal(error: unknown): number {
  if ((error as { code?: unknown }).code === 'overloaded') return Number.NaN
  throw error
}
