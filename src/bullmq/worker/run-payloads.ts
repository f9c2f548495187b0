// Runs the payloads of a batch on a processor, all at the same time. What the placement refuses for a moment is tried again here;
// what stays a fault is for the batch to decide.

import { SidelaneError, type Outcome, type Processor } from '../../model/index.ts'

export interface PayloadRun {
  readonly payload: Uint8Array
  readonly traceparent: string | undefined
}

const maxTries = 5
/** Inline, a payload runs inside the call: between two of them the event loop gets its turn. */
const longestTurnMs = 10

export async function runPayloads(
  processor: Processor,
  payloads: readonly PayloadRun[],
  deadlineMs: number,
): Promise<readonly (Outcome | SidelaneError)[]> {
  const runs: Promise<Outcome | SidelaneError>[] = []
  let turnEnd = performance.now() + longestTurnMs
  for (const payload of payloads) {
    runs.push(runOne(processor, payload, deadlineMs))
    if (performance.now() < turnEnd) continue
    await new Promise<void>((resolve) => setImmediate(resolve))
    turnEnd = performance.now() + longestTurnMs
  }
  return Promise.all(runs)
}

async function runOne(
  processor: Processor,
  { payload, traceparent }: PayloadRun,
  deadlineMs: number,
): Promise<Outcome | SidelaneError> {
  for (let tries = 1; ; tries++) {
    try {
      return await processor.process(payload, { deadlineMs, traceparent })
    } catch (error) {
      if (!(error instanceof SidelaneError)) throw error
      if (error.code !== 'overloaded' || tries === maxTries) return error
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 50))
    }
  }
}
