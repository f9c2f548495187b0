// A processor over many payloads: several at a time, answers in the order of the source, and the source read only as far
// as there is room.

import { SidelaneError, type Outcome, type Processor } from '../contract/index.ts'

export interface InOrderOptions {
  /** Payloads under way at once. */
  readonly concurrency: number
  readonly canonical: boolean
}

/** What became of one payload: its outcome, or the fault that kept it from having one. */
export type Answer = Outcome | SidelaneError

/** One answer a payload. What the source throws is thrown. */
export async function* inOrder(
  processor: Processor,
  source: AsyncIterable<Uint8Array | SidelaneError>,
  { concurrency, canonical }: InOrderOptions,
): AsyncGenerator<Answer, void, undefined> {
  const answers: Promise<Answer>[] = []
  let wake = (): void => undefined
  let room = (): void => undefined
  let ended = false
  const answerOf = async (payload: Uint8Array | SidelaneError): Promise<Answer> => {
    if (payload instanceof SidelaneError) return payload
    try {
      return await processor.process(payload, { canonical, deadlineMs: 60_000 })
    } catch (error) {
      if (error instanceof SidelaneError) return error
      throw error
    }
  }
  const fill = async (): Promise<void> => {
    try {
      for await (const payload of source) {
        answers.push(answerOf(payload))
        wake()
        if (answers.length >= concurrency) await new Promise<void>((resolve) => (room = resolve))
      }
    } finally {
      ended = true
      wake()
    }
  }
  const filled = fill()
  filled.catch(() => undefined)
  for (;;) {
    const next = answers[0]
    if (next !== undefined) {
      yield await next
      answers.shift()
      room()
    } else if (ended) break
    else await new Promise<void>((resolve) => (wake = resolve))
  }
  await filled
}
