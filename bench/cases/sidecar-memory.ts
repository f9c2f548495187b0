// Memory of the daemons: one client keeps 64 calls in flight; the proportional set size is read after 50,000 and after
// 150,000 payloads.

import { availableParallelism } from 'node:os'
import { median } from '../../src/util/stats.ts'
import { mib } from '../report/sidecar.ts'
import type { Target } from '../targets.ts'
import { namedSets, type PayloadSet } from '../payloads/sets.ts'
import { missingService } from '../sidecar/services.ts'
import { steadyHeap } from './memory.ts'
import { pairUp, part, workOf } from './sidecar.ts'

export interface DaemonMemory {
  readonly id: (typeof daemonIds)[number]
  /** Proportional set size in bytes after 50,000 and after 150,000 payloads. */
  readonly early: number
  readonly late: number
  readonly ratio: number
}

const daemonIds = ['sidecar-rust', 'sidecar-node'] as const
const depth = 64
const early = 50_000
const late = 150_000
/** Each reading is the median of this many samples, spread over the payloads before it, because a heap varies. */
const readings = 5
const stretch = 1000

/** Only for daemons that are built. */
export async function daemonMemory(
  wanted: ReadonlySet<string>,
  seed: number,
  onStep: (what: string, done: number) => void,
): Promise<DaemonMemory[]> {
  const work = await workOf((namedSets(seed)['orders'] as () => PayloadSet)())
  const found: DaemonMemory[] = []
  for (const id of daemonIds.filter((name) => wanted.has(name) && missingService(name) === undefined)) {
    onStep(`memory of ${id}`, found.length / daemonIds.length)
    const pair = await pairUp(id, work, { nodeArgs: steadyHeap })
    const sizeAt = async (from: number, to: number): Promise<number> => {
      await pair.client.ask('run', depth, to - from - readings * stretch)
      const sizes: number[] = []
      while (sizes.length < readings) {
        await pair.client.ask('run', depth, stretch)
        sizes.push(await pair.service.pss())
      }
      return median(sizes)
    }
    try {
      const first = await sizeAt(0, early)
      const last = await sizeAt(early, late)
      found.push({ id, early: first, late: last, ratio: last / first })
    } finally {
      await part(pair)
    }
  }
  return found
}

export const daemonMemoryText = (list: readonly DaemonMemory[]): string =>
  list
    .map(
      ({ id, ratio, ...size }) =>
        `${id.padEnd(14)}  PSS ${mib(size.early)} after 50,000  ${mib(size.late)} after 150,000  ratio ${ratio.toFixed(3)}`,
    )
    .join('\n')

const mebibyte = 2 ** 20

/** One thread a core, and one connection. */
const most = (4 + availableParallelism() + 0.1) * mebibyte

export const daemonMemoryTargets = (list: readonly DaemonMemory[]): Target[] =>
  list
    .filter(({ ratio }) => Number.isFinite(ratio))
    .flatMap(({ id, ratio, late: size }) => [
      ...(id === 'sidecar-rust'
        ? [{ name: `${id}, PSS`, target: `≤ ${mib(most)}`, measured: mib(size), met: size <= most }]
        : []),
      {
        name: `${id}, PSS after 150,000 against 50,000 payloads`,
        target: '± 5 %',
        measured: `${((ratio - 1) * 100).toFixed(1)} %`,
        met: Math.abs(ratio - 1) <= 0.05,
      },
    ])
