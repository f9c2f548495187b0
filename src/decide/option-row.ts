// The row of an option, from what was measured of it.

import { medianInterval } from '../measure/intervals.ts'
import { labelOf } from './format.ts'
import type { OptionProcess } from './option-processes.ts'
import { capacityOf, type UnderRate } from './rate-runs.ts'
import type { OptionId, OptionRow } from './record.ts'
import type { Timed } from './rounds.ts'
import type { Loaded } from './work.ts'

export interface RowContext extends UnderRate {
  /** Of today's way, without z.compile. */
  readonly plain: Timed
  readonly threads: number
  readonly hasZod: boolean
  readonly loaded: Loaded
  /** Payloads that were timed. */
  readonly payloads: number
  /** The size of gzip level 1 for all texts. */
  readonly zlibBytes: number
}

export function rowOf(member: OptionProcess, own: Timed, context: RowContext): OptionRow {
  const { plain, hasZod, loaded, payloads, zlibBytes, atRate, gc, memory } = context
  const { id, engine } = member
  const cpuUs = medianInterval(own.cpuUs)
  return {
    id,
    label: labelOf(id, engine, hasZod),
    placement: placementOf(id),
    engine,
    callUs: own.callUs,
    callP99Us: own.callP99Us,
    cpuUs,
    speedup:
      own === plain
        ? { median: 1, low: 1, high: 1 }
        : medianInterval(own.cpuUs.map((us, round) => (plain.cpuUs[round] ?? Number.NaN) / us)),
    callsPerCoreSecond: 1e6 / cpuUs.median,
    mainUs: medianInterval(own.mainUs),
    capacityPerSecond: capacityOf(member, own, context.threads),
    atRate,
    appBytes: memory.app,
    sidecarBytes: memory.sidecar,
    gc,
    sizeToZlib: zlibBytes === 0 ? 1 : loaded.passBytes / zlibBytes,
    bodyBytes: loaded.passBytes / Math.max(1, payloads),
    verified: {
      payloads,
      how: isToday(id) ? 'bodies decompress to the same document' : 'bodies decompress to the canonical form',
    },
  }
}

const isToday = (id: OptionId): boolean => id === 'today' || id === 'today-compiled'

const placementOf = (id: OptionId): OptionRow['placement'] =>
  id === 'pool' || id === 'sidecar' ? id : isToday(id) ? 'today' : 'inline'
