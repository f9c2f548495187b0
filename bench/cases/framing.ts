// The cost of a payload in a daemon outside of the engine: frames, queue, loop and system calls. The contract accepts
// anything, without digest and compression, and each payload is one long string, so the engine's part is negligible.

import { anything } from '../contracts/ours.ts'
import { median } from '../../src/util/stats.ts'
import type { Target } from '../targets.ts'
import { missingService } from '../sidecar/services.ts'
import { pairUp, part, takeTurns, type Pair, type TurnPlan } from './sidecar.ts'

export interface Framing {
  readonly id: (typeof daemonIds)[number]
  /** CPU time of the daemon for each payload at depth 64, engine included: the median of the rounds. */
  readonly daemonUs: number
}

const daemonIds = ['sidecar-rust-no-spin', 'sidecar-node-no-spin'] as const
const depth = 64
/**
 * Output and input have equal length, while an order shrinks to a third: the total is that of 4 KB in and 1.3 KB out.
 */
const payloadBytes = 2700

export async function framing(wanted: ReadonlySet<string>, plan: Omit<TurnPlan, 'depths'>): Promise<Framing[]> {
  const texts = Array.from({ length: 256 }, (_, i) => JSON.stringify(String(i).padEnd(payloadBytes - 2, '.')))
  const payloads = texts.map((text) => Buffer.from(text))
  const work = { contract: anything(), ref: null, digest: 'none', payloads, references: texts } as const
  const pairs: Pair[] = []
  try {
    // Selecting a daemon selects this case too.
    const isWanted = (id: string): boolean => wanted.has(id) || wanted.has(id.replace('-no-spin', ''))
    for (const id of daemonIds.filter((name) => isWanted(name) && missingService(name) === undefined)) {
      pairs.push(await pairUp(id, work))
    }
    await takeTurns(pairs, { ...plan, depths: [depth] })
    return pairs.map(({ id, daemonUs }) => ({ id: id as Framing['id'], daemonUs: median(daemonUs.get(depth) ?? []) }))
  } finally {
    for (const pair of pairs) await part(pair)
  }
}

const most = { 'sidecar-rust-no-spin': 3, 'sidecar-node-no-spin': 6 } as const

export const framingTargets = (list: readonly Framing[]): Target[] =>
  list.map(({ id, daemonUs }) => ({
    name: `${id}, framing and loop, CPU by payload`,
    target: `≤ ${most[id]} µs`,
    measured: Number.isNaN(daemonUs) ? null : `${daemonUs.toFixed(2)} µs`,
    met: Number.isNaN(daemonUs) ? null : daemonUs <= most[id],
  }))
