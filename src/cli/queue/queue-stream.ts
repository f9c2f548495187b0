// `process --queue`: a processor whose payloads go to the workers of a queue, and a note where none of them answers.

import type { Contract, Processor } from '../../model/index.ts'
import { loadQueueModule, queuePlace, type QueueValues } from './queue-options.ts'

/** Rejects with `unavailable` for a Redis that cannot be used. */
export async function openQueue(
  topic: string,
  values: QueueValues,
  contract: Contract,
  digestKey: Uint8Array | undefined,
): Promise<Processor> {
  const place = queuePlace(topic, values)
  const { createQueueProcessor } = await loadQueueModule(topic)
  return createQueueProcessor(contract, { ...place, digestKey })
}

const silentMs = 10_000

/** Says once when nothing comes back. Returns a function that ends the watch. */
export function watchForWorkers(processor: Processor, note: (text: string) => void): () => void {
  let last = -1
  const timer = setInterval(() => {
    const { completed = 0 } = processor.stats().queue?.batches ?? {}
    const { inFlight = 0, blocked = false } = processor.stats().queue ?? {}
    if (inFlight > 0 && completed === last) {
      clearInterval(timer)
      note(
        `no batch has come back for ${silentMs / 1000} s (${inFlight} are out${blocked ? ', the queue is full' : ''}): ` +
          'is a worker running, with this contract and this queue name?',
      )
    }
    last = completed
  }, silentMs)
  return () => clearInterval(timer)
}
