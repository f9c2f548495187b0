// The closed loop: all options take turns, round by round, each round in another order. What they cost, and how long a lone call takes.

import { performance } from 'node:perf_hooks'
import { cpuOf, type OptionProcesses, type OptionProcess } from './option-processes.ts'

/** A median of fewer rounds is not used, however little time is left. */
const fewestRounds = 2
/** Calls in flight that keep a pool or a daemon busy. */
const busyDepth = 64

export interface Costs {
  /** CPU of all threads and processes, and of the main thread, for a payload: one value a round. */
  readonly cpuUs: readonly number[]
  readonly mainUs: readonly number[]
}

export interface Timed extends Costs {
  readonly callUs: number
  readonly callP99Us: number
}

export interface RoundsPlan {
  readonly key: string
  /** Indexes of payloads that are not timed. */
  readonly without: readonly number[]
  readonly rounds: number
  readonly minRounds: number
  readonly budgetMs: number
  /** True: the rest of the run needs what is left of the time, so that the fewest rounds must do. */
  readonly isLate: () => boolean
  readonly onStep: (what: string, done: number) => void
}

export const isAway = ({ id }: Pick<OptionProcess, 'id'>): boolean => id === 'pool' || id === 'sidecar'

/** How many calls are in flight while a member's cost is measured. */
export const depthOf = (member: Pick<OptionProcess, 'id'>): number => (isAway(member) ? busyDepth : 1)

/** Warms up all members, and times them up to `rounds` times; fewer where the time does not suffice. */
export async function timeRounds(
  processes: Pick<OptionProcesses, 'members'>,
  plan: RoundsPlan,
): Promise<Map<OptionProcess, Timed>> {
  const { key, without, rounds, minRounds, budgetMs, isLate, onStep } = plan
  const variants = processes.members.flatMap((member) =>
    (isAway(member) ? [busyDepth, 1] : [1]).map((depth) => ({ member, depth })),
  )
  // The warm-up takes one and a half slots.
  const slotMs = budgetMs / Math.max(1, variants.length) / (rounds + 2)
  const from = performance.now()
  for (const [index, { member, depth }] of variants.entries()) {
    onStep('warm up', (0.15 * index) / variants.length)
    await member.child.ask('warm', key, depth, slotMs, rounds, without)
  }
  const costs = new Map(processes.members.map((member) => [member, { cpuUs: [] as number[], mainUs: [] as number[] }]))
  for (let round = 0; round < rounds; round++) {
    if (round >= minRounds && performance.now() - from > budgetMs) break
    if (round >= fewestRounds && isLate()) break
    for (const [index, { member, depth }] of rotated(variants, round).entries()) {
      onStep(`round ${round + 1} of ${rounds}`, 0.15 + (0.85 * (round + index / variants.length)) / rounds)
      const before = await cpuOf(member)
      const { calls, mainUs } = await member.child.ask('slot', key, depth, round)
      const cpuUs = (await cpuOf(member)) - before
      if (depth !== depthOf(member)) continue
      const own = costs.get(member)
      own?.cpuUs.push(cpuUs / calls)
      own?.mainUs.push(mainUs)
    }
  }
  const timed = new Map<OptionProcess, Timed>()
  for (const [member, own] of costs) {
    const { p50Us, p99Us } = await member.child.ask('latency', key, 1)
    timed.set(member, { ...own, callUs: p50Us, callP99Us: p99Us })
  }
  return timed
}

/** Another order in each round, forwards and backwards, so that none always runs after the same one. */
export function rotated<T>(list: readonly T[], round: number): readonly T[] {
  const at = round % Math.max(1, list.length)
  const order = [...list.slice(at), ...list.slice(0, at)]
  return round % 2 === 0 ? order : order.toReversed()
}
