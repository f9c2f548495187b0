// More than can be done (F22): what a place carries, and what it does when more comes by the clock, whatever the answers
// do. What is expected of it is in the rows.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { Ending, Trial } from './oracles.ts'

const kneeMs = 400
const floodMs = 800
/** A server reads a few requests at a time, then the loop turns. */
const mostATurn = 64

/** Of the knee. The bench asks for 0.9 on a machine of its own. */
export const floodFloor = 0.5
/** A neighbour may take the core in one stretch: the best one counts. */
export const floodTries = 3

/** About a millisecond of work. */
const payloads = Array.from({ length: 8 }, (_, seed) =>
  JSON.stringify(Array.from({ length: 2000 }, (__, i) => ({ id: i * (seed + 1), name: `item ${i % 17}` }))),
)
const payload = (i: number): string => payloads[i % payloads.length] as string

/** Good answers a millisecond, with so many calls in flight. */
export async function closedLoop(trial: Trial, depth: number): Promise<number> {
  const startedAt = performance.now()
  let sent = 0
  let good = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < kneeMs) if ((await trial.offer(payload(sent++))).code === 'ok') good++
  }
  await Promise.all(Array.from({ length: depth }, caller))
  return good / (performance.now() - startedAt)
}

/** `perMs` calls by the clock; the rate of good answers while they come, and how all of them ended. */
export async function flood(
  trial: Trial,
  perMs: number,
  { sharesCore = false }: { readonly sharesCore?: boolean } = {},
): Promise<{ rate: number; endings: Ending[] }> {
  const startedAt = performance.now()
  const calls: Promise<Ending>[] = []
  let good = 0
  let spentMs = 0
  for (; spentMs < floodMs; spentMs = performance.now() - startedAt) {
    const due = Math.min(spentMs * perMs, calls.length + mostATurn)
    while (calls.length < due) {
      calls.push(
        trial.offer(payload(calls.length)).then((ending) => {
          if (ending.code === 'ok') good++
          return ending
        }),
      )
    }
    // Another process needs the core that spinning would take.
    await (sharesCore ? sleep(1) : turn())
  }
  const rate = good / spentMs
  return { rate, endings: await Promise.all(calls) }
}
