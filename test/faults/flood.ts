// Measures the capacity of a placement, and its throughput when calls arrive at a fixed rate above it (F22).
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Ending, Trial } from './oracles.ts'

const kneeMs = 400
const floodMs = 800
/** Calls per turn of the event loop: a server, too, reads a few requests at a time. */
const mostATurn = 64

/** Least throughput as a fraction of the capacity. The benchmark requires 0.9, on an idle machine. */
const floodFloor = 0.5
/** Another process may take the core during a measurement: the best one counts. */
const maxTries = 5

/** Each takes about 1 ms. */
const payloads = Array.from({ length: 8 }, (_, seed) =>
  JSON.stringify(Array.from({ length: 2000 }, (__, i) => ({ id: i * (seed + 1), name: `item ${i % 17}` }))),
)
const payload = (i: number): string => payloads[i % payloads.length] as string

/** At `times` its capacity, measured with `depth` calls in flight, a placement keeps its throughput, and refuses what is more. */
export async function expectThroughput(trial: Trial, times: number, depth: number): Promise<void> {
  const rates: number[] = []
  while (rates.length < maxTries && !rates.some((rate) => rate > floodFloor)) {
    const capacity = await closedLoop(trial, depth)
    const { rate, endings } = await flood(trial, capacity * times)
    const codes = new Set(endings.map(({ code }) => code))
    expect(['ok', 'overloaded', 'deadline.exceeded']).toEqual(expect.arrayContaining([...codes]))
    // Other processes may have lowered the measured capacity: then this was no flood. 1.5 times as much may be within the real one.
    rates.push(times < 2 || codes.has('overloaded') ? rate / capacity : 0)
  }
  expect(Math.max(...rates)).toBeGreaterThan(floodFloor)
}

/** Accepted payloads per ms with `depth` calls in flight. */
async function closedLoop(trial: Trial, depth: number): Promise<number> {
  const startedAt = performance.now()
  let sent = 0
  let good = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < kneeMs) {
      const { code, error } = await trial.offer(payload(sent++))
      if (code === 'ok') good++
      // Calls that are repeated at once would take the time of this thread.
      if (code === 'overloaded') await sleep(error?.retryAfterMs ?? 10)
    }
  }
  await Promise.all(Array.from({ length: depth }, caller))
  return good / (performance.now() - startedAt)
}

/** Sends `perMs` calls per ms; returns the accepted payloads per ms meanwhile, and how all calls ended. */
async function flood(trial: Trial, perMs: number): Promise<{ rate: number; endings: Ending[] }> {
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
    // A loop without pauses would take the core that the workers need.
    await sleep(1)
  }
  const rate = good / spentMs
  return { rate, endings: await Promise.all(calls) }
}
