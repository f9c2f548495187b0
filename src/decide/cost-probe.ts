// Measures some members at another size, or at a rate.

import type { LockDocument } from '../model/index.ts'
import { lockText, parseContract } from '../contract/index.ts'
import { createEngine } from '../engine/index.ts'
import { median } from '../util/stats.ts'
import { cpuOf, load, type OptionProcess } from './option-processes.ts'
import { depthOf, rotated } from './rounds.ts'
import { sized, type Base, type Sized } from './sizes.ts'
import type { TodayFacts } from './record.ts'
import { baseKey, type TodaySource, type Work } from './work.ts'

interface Cost {
  readonly cpuUs: number
  readonly mainUs: number
}

export interface SizeRun {
  readonly bytes: number
  readonly costs: ReadonlyMap<OptionProcess, Cost>
}

export interface PacedRun {
  /** CPU that the work took, of all processes, in cores. */
  readonly cores: number
  readonly mainShare: number
}

export interface CostProbe {
  /** At about `bytes`; undefined where no such payloads can be made, or today's way does other work with them. */
  atSize(bytes: number, members: readonly OptionProcess[], isLong: boolean): Promise<SizeRun | undefined>
  at(size: Sized, members: readonly OptionProcess[], isLong: boolean): Promise<SizeRun | undefined>
  /** In turns; without the cost of the clock itself. */
  atRate(
    members: readonly OptionProcess[],
    perSecond: number,
    isLong: boolean,
  ): Promise<ReadonlyMap<OptionProcess, PacedRun>>
  readonly isLate: (moreMs: number) => boolean
}

export interface CostProbeOptions {
  readonly base: Base
  readonly dictionary: Uint8Array | undefined
  readonly today: TodaySource
  /** What today's way is at the user's size. */
  readonly kind: TodayFacts['kind']
  /** 1 with the default time. */
  readonly scale: number
  readonly signal: AbortSignal
  /** True: the time is over, and `moreMs` of it. */
  readonly isLate: (moreMs: number) => boolean
}

const rounds = 3
const slotMs = 70
const [leastMs, mostMs] = [500, 1800]
/** Calls of a run at a rate. */
const calls = 60

export function createCostProbe({ base, dictionary, today, kind, scale, signal, isLate }: CostProbeOptions): CostProbe {
  let serial = 0

  const at: CostProbe['at'] = async (size, members, isLong) => {
    const accepted = referencesOf(size.lock, dictionary, size.payloads)
    if (accepted === undefined) return undefined
    const key = `size ${serial++}`
    const work: Work = { key, lock: lockText(size.lock), dictionary, shape: size.shape, today, ...accepted }
    const without = new Set<number>()
    for (const member of members) {
      signal.throwIfAborted()
      const loaded = await load(member, work)
      if (loaded.today !== undefined && loaded.today.kind !== kind) return undefined
      for (const index of loaded.disagreed) without.add(index)
    }
    if (without.size === accepted.payloads.length) return undefined
    const ms = slotMs * scale * (isLong ? 2 : 1)
    for (const member of members) await member.child.ask('warm', key, depthOf(member), ms, rounds, [...without])
    const costs = new Map(members.map((member) => [member, { cpuUs: [] as number[], mainUs: [] as number[] }]))
    for (let round = 0; round < rounds && (round === 0 || !isLate(0)); round++) {
      for (const member of rotated(members, round)) {
        signal.throwIfAborted()
        const before = await cpuOf(member)
        const slot = await member.child.ask('slot', key, depthOf(member), round)
        costs.get(member)?.cpuUs.push(((await cpuOf(member)) - before) / slot.calls)
        costs.get(member)?.mainUs.push(slot.mainUs)
      }
    }
    for (const member of members) await member.child.ask('unload', key)
    const middle = [...costs].map(
      ([member, { cpuUs, mainUs }]) => [member, { cpuUs: median(cpuUs), mainUs: median(mainUs) }] as const,
    )
    return { bytes: size.bytes, costs: new Map(middle) }
  }

  const run = async (member: OptionProcess, perSecond: number, lengthMs: number, isIdle: boolean): Promise<Cost> => {
    signal.throwIfAborted()
    const before = await cpuOf(member)
    const paced = await member.child.ask('paced', baseKey, perSecond, lengthMs, isIdle)
    return { cpuUs: ((await cpuOf(member)) - before) / paced.calls, mainUs: paced.mainUs / paced.calls }
  }

  return {
    at,
    isLate,
    async atSize(bytes, members, isLong) {
      const size = sized(base, bytes)
      return size && (await at(size, members, isLong))
    },
    async atRate(members, perSecond, isLong) {
      const turns = isLong ? 3 : 2
      const lengthMs = (scale * Math.min(mostMs, Math.max(leastMs, (calls * 1000) / perSecond))) / 2
      const runs = members.map((member) => ({ member, clock: [] as Cost[], busy: [] as Cost[] }))
      for (let turn = 0; turn < turns; turn++) {
        for (const { member, clock, busy } of rotated(runs, turn)) {
          clock.push(await run(member, perSecond, lengthMs / 2, true))
          busy.push(await run(member, perSecond, lengthMs, false))
        }
      }
      return new Map(
        runs.map(({ member, clock, busy }) => {
          const share = (of: keyof Cost): number => {
            const each = (costs: readonly Cost[]): number => median(costs.map((cost) => cost[of]))
            return (Math.max(0, each(busy) - each(clock)) * perSecond) / 1e6
          }
          return [member, { cores: share('cpuUs'), mainShare: share('mainUs') }] as const
        }),
      )
    },
  }
}

/** The payloads that the contract accepts, with their canonical forms; undefined where it accepts less than half. Without compression the body is the canonical form. */
export function referencesOf(
  lock: LockDocument,
  dictionary: Uint8Array | undefined,
  payloads: readonly Buffer[],
): { readonly payloads: readonly Buffer[]; readonly references: readonly string[] } | undefined {
  const { tables: _tables, dictionary: _dictionary, ...rest } = lock
  const bare: LockDocument = { ...rest, digest: 'none', compress: { codec: 'none' } }
  try {
    const compiled = createEngine('js').compile(parseContract(bare))
    parseContract(lock, dictionary === undefined ? {} : { dictionary })
    const accepted: Buffer[] = []
    const references: string[] = []
    for (const payload of payloads) {
      const outcome = compiled.process(payload, false)
      if (!outcome.ok) continue
      accepted.push(payload)
      references.push(Buffer.from(outcome.body).toString())
    }
    compiled.dispose()
    return 2 * accepted.length >= payloads.length && accepted.length > 0
      ? { payloads: accepted, references }
      : undefined
  } catch {
    // Fewer members may leave a definition unused, or an array exceed the bounds of a lock.
    return undefined
  }
}
