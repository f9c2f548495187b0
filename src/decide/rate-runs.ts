// Runs of the options at a rate: the user's, and parts of what each carries.

import { median } from '../util/stats.ts'
import { memoryOf, type OptionProcess } from './option-processes.ts'
import type { AtRate, GcFacts, LoadCurve } from './record.ts'
import { isAway, rotated, type Timed } from './rounds.ts'
import { baseKey, type RateRun } from './work.ts'

/** From the CPU times: the main thread, or all other threads together, are the limit. The daemon has a thread a core. */
export function capacityOf(member: OptionProcess, { cpuUs, mainUs }: Timed, threads: number): number {
  const main = median(mainUs)
  const others = isAway(member) ? (median(cpuUs) - main) / (member.id === 'sidecar' ? threads + 1 : threads) : 0
  return 1e6 / Math.max(main, others)
}

/** At least this many calls of an option, if the time allows. */
const callsAtRate = 60
const turns = 3
/** Of what the CPU times promise: above, a queue has no end. */
const mostLoad = 0.97

export interface RatePlan {
  readonly perSecond: number
  readonly threads: number
  /** For an option. */
  readonly ms: number
  readonly onStep: (what: string, done: number) => void
  /** True: one turn must do. */
  readonly isLate: () => boolean
}

/** What the runs at the rate show of an option. */
export interface UnderRate {
  readonly atRate: AtRate
  readonly gc: GcFacts
  readonly memory: { readonly app: number | null; readonly sidecar: number | null }
}

/** All options at the rate, in turns; each value is the median of the turns. */
export async function runAtRate(
  timed: ReadonlyMap<OptionProcess, Timed>,
  { perSecond, threads, ms, onStep, isLate }: RatePlan,
): Promise<Map<OptionProcess, UnderRate>> {
  const runs = new Map([...timed.keys()].map((member) => [member, [] as RateRun[]]))
  const able = [...timed].filter(([member, own]) => perSecond <= mostLoad * capacityOf(member, own, threads))
  const ableMembers = new Set(able.map(([member]) => member))
  for (const [{ child }] of able) await child.ask('resetPauses')
  const lengthMs = Math.min(2 * ms, Math.max(ms, (callsAtRate * 1000) / perSecond)) / turns
  for (let turn = 0; turn < turns && !isLate(); turn++) {
    for (const [index, [member]] of rotated(able, turn).entries()) {
      onStep(`at the rate: ${member.id}`, (turn + index / able.length) / turns)
      runs.get(member)?.push(await member.child.ask('rate', baseKey, perSecond, lengthMs))
    }
  }
  const found = new Map<OptionProcess, UnderRate>()
  for (const [member, { mainUs }] of timed) {
    const own = runs.get(member) ?? []
    const calls = own.reduce((sum, run) => sum + run.calls, 0)
    const { gcMs, pauseP99Us, pauses, heapBytes } = await member.child.ask('pauses')
    const onTime = own.filter((run) => isOnTime(run, lengthMs)).length
    // Without a run, because the time was over: as its capacity says.
    const isCarried = own.length === 0 ? ableMembers.has(member) : onTime > own.length / 2
    const middle = (of: (run: RateRun) => number): number | null =>
      isCarried && own.length > 0 ? median(own.map(of)) : null
    found.set(member, {
      atRate: {
        perSecond,
        isCarried,
        p50Us: middle(({ p50Us }) => p50Us),
        p99Us: middle(({ p99Us }) => p99Us),
        calls,
        mainShare: Math.min(1, (perSecond * median(mainUs)) / 1e6),
        stallP99Us: middle(({ stallP99Us }) => stallP99Us),
      },
      memory: await memoryOf(member),
      gc: { msPer1000: calls === 0 ? 0 : (gcMs * 1000) / calls, pauseP99Us, pauses, heapBytes },
    })
  }
  return found
}

/** No call was refused, and the last one ended about when the time did. */
const isOnTime = (run: RateRun, lengthMs: number): boolean =>
  run.refused === 0 && run.calls > 0 && run.lengthMs < 1.25 * lengthMs + 250

const curveShares = [0.2, 0.4, 0.6, 0.8]

/** Latency at parts of the capacity. `ms`: for the whole curve. */
export async function curveOf(member: OptionProcess, own: Timed, threads: number, ms: number): Promise<LoadCurve> {
  const points: LoadCurve['points'][number][] = []
  const stepMs = ms / curveShares.length
  for (const share of curveShares) {
    const perSecond = share * capacityOf(member, own, threads)
    const run = await member.child.ask('rate', baseKey, perSecond, stepMs)
    if (run.calls === 0) break
    const late = isOnTime(run, stepMs) ? 0 : Math.max(0, 1 - stepMs / run.lengthMs)
    points.push({
      perSecond,
      p50Us: run.p50Us,
      p99Us: run.p99Us,
      mainShare: Math.min(1, (perSecond * median(own.mainUs)) / 1e6),
      refusedShare: Math.min(1, run.refused / (run.calls + run.refused) + late),
    })
  }
  return { id: member.id, points }
}
