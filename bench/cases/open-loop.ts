// Latency at fixed rates: payloads arrive by the clock, and the latency of a call counts from its scheduled start. A
// closed loop would hide this waiting time.

import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { lineUp, type Hosts } from '../contenders.ts'
import type { Contender } from '../contender.ts'
import { collect } from '../measure/heap.ts'
import { percentile } from '../measure/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import type { Row } from '../report/row.ts'
import { figure } from '../report/table.ts'

export interface RateRow {
  readonly id: string
  /** A fraction of the contender's closed-loop capacity. */
  readonly share: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  /** Calls with an outcome. */
  readonly calls: number
  /** Calls refused by admission: the placement could not keep up. */
  readonly refused: number
}

export const shares = [0.25, 0.5, 0.8]
const stretchMs = 2000

/** Each contender with digest `none` at each rate. */
export async function openLoop(
  set: PayloadSet,
  hosts: Hosts,
  wanted: ReadonlySet<string>,
  rows: readonly Row[],
): Promise<RateRow[]> {
  const lineup = lineUp(set.contract, hosts, wanted)
  const found: RateRow[] = []
  try {
    for (const contender of lineup.contenders.filter(({ digest }) => digest === 'none')) {
      const capacity = Math.max(
        0,
        ...rows
          .filter((row) => row.id === contender.id && row.digest === 'none' && row.payloads === set.name)
          .map((row) => row.payloadsPerSecond),
      )
      if (capacity === 0) continue
      // The contenders have been idle since they were timed: their code is compiled, their threads sleep.
      await stretch(contender, set.payloads, capacity / 4, 300)
      for (const share of shares) found.push(await atRate(contender, set.payloads, capacity, share))
    }
    return found
  } finally {
    await lineup.close()
  }
}

/** One contender at a fraction of its capacity. */
export async function atRate(
  contender: Contender,
  payloads: readonly Buffer[],
  capacity: number,
  share: number,
): Promise<RateRow> {
  collect()
  const all = await stretch(contender, payloads, capacity * share, stretchMs)
  const latencies = all.filter((latency) => !Number.isNaN(latency)).toSorted()
  return {
    id: contender.id,
    share,
    perSecond: capacity * share,
    p50Us: percentile(latencies, 0.5) * 1000,
    p99Us: percentile(latencies, 0.99) * 1000,
    maxUs: (latencies.at(-1) ?? Number.NaN) * 1000,
    calls: latencies.length,
    refused: all.length - latencies.length,
  }
}

/** Latencies in ms; NaN for a refused call. */
async function stretch(
  contender: Contender,
  payloads: readonly Buffer[],
  perSecond: number,
  lengthMs: number,
): Promise<Float64Array> {
  const gapMs = 1000 / perSecond
  const count = Math.max(1, Math.floor(lengthMs / gapMs))
  const latencies = new Float64Array(count)
  const open: Promise<void>[] = []
  const from = performance.now()
  for (let next = 0; next < count;) {
    // Starts all calls that are due; outcomes that need the event loop arrive in between.
    for (; next < count && from + next * gapMs <= performance.now(); next++) {
      const [index, due] = [next, from + next * gapMs]
      const answer = contender.call(payloads[index % payloads.length] as Buffer)
      if (answer instanceof Promise) {
        const note = (): void => void (latencies[index] = performance.now() - due)
        open.push(answer.then(note, (error: unknown) => void (latencies[index] = refusal(error))))
      } else latencies[index] = performance.now() - due
      if (contender.mode === 'inline') await answer
    }
    await setImmediate()
  }
  await Promise.all(open)
  return latencies
}

/** NaN for `overloaded`; other errors are thrown. */
function refusal(error: unknown): number {
  if ((error as { code?: unknown }).code === 'overloaded') return Number.NaN
  throw error
}

export function openLoopText(rows: readonly RateRow[]): string {
  return [
    line(['contender', 'of capacity', 'payloads/s', 'p50 µs', 'p99 µs', 'max µs', 'refused']),
    ...rows.map((row) =>
      line([
        row.id,
        `${row.share * 100} %`,
        Math.round(row.perSecond).toLocaleString('en'),
        figure(row.p50Us),
        figure(row.p99Us),
        figure(row.maxUs),
        String(row.refused),
      ]),
    ),
  ].join('\n')
}

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(11))).join('')
