// Latency at fixed rates: payloads arrive by the clock, and the latency of a call counts from its scheduled start. A
// closed loop would hide this waiting time.

import { lineUp, type Hosts } from '../contenders.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { collect } from '../../src/measure/heap.ts'
import { runOpenLoop } from '../../src/measure/open-loop.ts'
import { percentile } from '../../src/util/stats.ts'
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

/** Each contender with digest `none` at each rate; a floor has no queue for calls that wait. */
export async function openLoop(
  set: PayloadSet,
  hosts: Hosts,
  wanted: ReadonlySet<string>,
  rows: readonly Row[],
): Promise<RateRow[]> {
  const lineup = lineUp(set.contract, hosts, wanted)
  const found: RateRow[] = []
  try {
    for (const contender of lineup.contenders.filter(({ digest, side }) => digest === 'none' && side !== 'floor')) {
      const capacity = Math.max(
        0,
        ...rows
          .filter((row) => row.id === contender.id && row.digest === 'none' && row.payloads === set.name)
          .map((row) => row.payloadsPerSecond),
      )
      if (capacity === 0) continue
      // The contenders have been idle since they were timed: their code is compiled, their threads sleep.
      await runOpenLoop(contender, set.payloads, capacity / 4, 300)
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
  const all = await runOpenLoop(contender, payloads, capacity * share, stretchMs)
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
