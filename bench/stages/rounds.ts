// Times the stages of all contenders of this process in interleaved rounds, each in another order.

import { performance } from 'node:perf_hooks'
import { collectYoung } from '../../src/measure/heap.ts'
import { median } from '../../src/util/stats.ts'
import { seeded } from '../payloads/random.ts'
import type { Measured, Stage } from './row.ts'

export interface StageResult {
  readonly stage: Stage
  readonly id: string
  /** Mean size of a result, where the stage compresses. */
  readonly outBytes?: number
}

/** Something that processes all payloads once a call. */
export interface StageContender {
  readonly results: readonly StageResult[]
  /** Adds the time of each result, in ms. */
  readonly pass: (ms: Float64Array) => Promise<void> | void
}

/** The whole pass is timed: `work` processes a payload. */
export function whole(result: StageResult, count: number, work: (index: number) => unknown): StageContender {
  return {
    results: [result],
    pass(ms) {
      const from = performance.now()
      for (let i = 0; i < count; i++) keep(work(i))
      ms[0] = (ms[0] as number) + (performance.now() - from)
    },
  }
}

/** As `whole`, for calls that are awaited one after the other. */
export function awaited(result: StageResult, count: number, work: (index: number) => Promise<unknown>): StageContender {
  return {
    results: [result],
    async pass(ms) {
      const from = performance.now()
      for (let i = 0; i < count; i++) keep(await work(i))
      ms[0] = (ms[0] as number) + (performance.now() - from)
    },
  }
}

/**
 * Steps on each payload, each given the result of the one before, with a check of the clock between them. A step without
 * a result's name is not timed.
 */
export function steps(
  count: number,
  list: readonly { readonly result?: StageResult; readonly run: (value: unknown, index: number) => unknown }[],
): StageContender {
  const results = list.flatMap(({ result }) => (result === undefined ? [] : [result]))
  const places = list.map(({ result }) => (result === undefined ? -1 : results.indexOf(result)))
  return {
    results,
    pass(ms) {
      for (let i = 0; i < count; i++) {
        let value: unknown = i
        for (let step = 0; step < list.length; step++) {
          const { run } = list[step] as (typeof list)[number]
          const from = performance.now()
          value = run(value, i)
          const took = performance.now() - from - clockMs
          const place = places[step] as number
          if (place >= 0) ms[place] = (ms[place] as number) + Math.max(0, took)
        }
        keep(value)
      }
    },
  }
}

/** What one check of the clock costs: the least of many. */
const clockMs = ((): number => {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10_000; i++) {
    const from = performance.now()
    least = Math.min(least, performance.now() - from)
  }
  return least
})()

/** The last result is kept, so that no compiler leaves the work out. */
const last: { value: unknown } = { value: undefined }
const keep = (value: unknown): void => void (last.value = value)

export interface StagePlan {
  readonly rounds: number
  readonly minRounds: number
  /** For all contenders, the warm-up included; exceeded until `minRounds` are done. */
  readonly budgetMs: number
  readonly onRound: (done: number, of: number) => void
}

const warmSlots = 1.5
/** Longer slots would rarely run without an interruption. A pass of large payloads may take longer. */
const maxSlotMs = 20

export async function measureStages(
  contenders: readonly StageContender[],
  count: number,
  { rounds, minRounds, budgetMs, onRound }: StagePlan,
): Promise<Measured[]> {
  const from = performance.now()
  const slotMs = Math.min(maxSlotMs, budgetMs / Math.max(1, contenders.length) / (rounds + warmSlots))
  const tracks: { contender: StageContender; passes: number; us: number[][] }[] = []
  for (const contender of contenders) {
    const passes = await warmUp(contender, slotMs)
    tracks.push({ contender, passes, us: contender.results.map(() => []) })
    onRound(0, rounds)
  }
  const chance = seeded(rounds)
  let done = 0
  while (done < rounds && (done < minRounds || performance.now() - from < budgetMs)) {
    for (const { contender, passes, us } of chance.shuffled(tracks)) {
      keep(undefined)
      collectYoung()
      const ms = new Float64Array(us.length)
      for (let pass = 0; pass < passes; pass++) await contender.pass(ms)
      for (const [index, list] of us.entries()) list.push(((ms[index] as number) * 1000) / passes / count)
    }
    onRound(++done, rounds)
  }
  return tracks.flatMap(({ contender, us }) =>
    contender.results.map(({ stage, id, outBytes }, index) => {
      const times = us[index] as number[]
      return { stage, id, us: Math.min(...times), medianUs: median(times), outBytes: outBytes ?? null, rounds: done }
    }),
  )
}

/** Passes that fill a slot. */
async function warmUp(contender: StageContender, slotMs: number): Promise<number> {
  const ms = new Float64Array(contender.results.length)
  const from = performance.now()
  let lastMs: number
  do {
    const begin = performance.now()
    await contender.pass(ms)
    lastMs = performance.now() - begin
  } while (performance.now() - from < slotMs * warmSlots)
  return Math.max(1, Math.round(slotMs / lastMs))
}
