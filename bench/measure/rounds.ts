// Times all contenders of one payload set, in interleaved rounds.

import { performance } from 'node:perf_hooks'
import type { CpuMeter } from '../../src/measure/cpu.ts'
import { collect } from '../../src/measure/heap.ts'
import {
  runSlot,
  summarize,
  warmSlots,
  warmUp,
  type Timing,
  type Track,
  type Variant,
} from '../../src/measure/slots.ts'
import { seeded } from '../payloads/random.ts'

export interface RoundPlan {
  /** The maximum and minimum number of rounds; the time budget decides. */
  readonly rounds: number
  readonly minRounds: number
  /**
   * Time for all variants together, including the warm-up. A slow machine stops at the limit once it has run `minRounds`.
   */
  readonly budgetMs: number
  readonly meter: CpuMeter
  readonly onRound: (done: number, of: number) => void
}

/** Times every variant up to `plan.rounds` times, in turns. */
export async function measure(
  variants: readonly Variant[],
  payloads: readonly Buffer[],
  plan: RoundPlan,
): Promise<Timing[]> {
  const from = performance.now()
  const slotMs = plan.budgetMs / Math.max(1, variants.length) / (plan.rounds + warmSlots)
  const tracks: Track[] = []
  const chance = seeded(plan.rounds)
  for (const [index, variant] of variants.entries()) {
    tracks.push(await warmUp(variant, payloads, slotMs, plan.rounds))
    plan.onRound((index + 1) / variants.length - 1, plan.rounds)
  }
  for (let round = 0; round < plan.rounds; round++) {
    if (round >= plan.minRounds && performance.now() - from > plan.budgetMs) break
    collect()
    // Each round has another order, so that no variant always runs after the same one.
    for (const [i, track] of chance.shuffled(tracks).entries()) {
      await runSlot(track, payloads, round, plan.meter)
      plan.onRound(round + (i + 1) / tracks.length, plan.rounds)
    }
  }
  return tracks.map(summarize)
}
