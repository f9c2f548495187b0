// `--cache`: the same calls with and without the result cache, at fixed shares of repeats, in turns.

import { performance } from 'node:perf_hooks'
import { createProcessor, type EngineKind, type PlacementName, type Processor } from 'sidelane'
import { poolThreads, type Hosts } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { collect } from '../../src/measure/heap.ts'
import { median } from '../../src/util/stats.ts'
import { makeOrders } from '../payloads/orders.ts'

export interface CacheRow {
  readonly id: string
  /** The share of calls with a repeated payload. */
  readonly repeats: number
  /** Payloads a second; medians. */
  readonly plain: number
  readonly cached: number
  /** cached / plain, the median of the pairs. */
  readonly ratio: number
  /** From `stats()`. */
  readonly hitRatio: number
}

const shares = [0, 0.5, 0.95]
const depth = 64
/** Calls in one turn. */
const calls = 4096
/**
 * The cache is smaller than a turn: a new payload is evicted before the next turn repeats it, the latest ones are
 * cached.
 */
const maxEntries = 160

export async function caches(hosts: Hosts, seed: number, rounds: number): Promise<CacheRow[]> {
  const fresh = makeOrders({ count: calls, seed })
  const rows: CacheRow[] = []
  for (const [id, { placement, engine }] of hosts.open) {
    for (const share of shares)
      rows.push({ id, ...(await compare(placement as PlacementName, engine.kind as EngineKind, fresh, share, rounds)) })
  }
  return rows
}

async function compare(
  placement: PlacementName,
  engine: EngineKind,
  fresh: readonly Uint8Array[],
  repeats: number,
  rounds: number,
): Promise<Omit<CacheRow, 'id'>> {
  const options = {
    placement,
    engine,
    ...(placement === 'pool' && { threads: poolThreads(), deadlineMs: 60_000 }),
  }
  const contract = ourContract({ source: 'orders' }, 'sha-256')
  await using plain = await createProcessor(contract, options)
  await using cached = await createProcessor(contract, { ...options, cache: { maxEntries } })
  const order = sequence(fresh, repeats)
  for (const processor of [plain, cached]) await turn(processor, order)
  const before = cached.stats().cache
  const rates = { plain: [] as number[], cached: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    collect()
    const turns = round % 2 === 0 ? (['plain', 'cached'] as const) : (['cached', 'plain'] as const)
    for (const name of turns) rates[name].push(await turn(name === 'plain' ? plain : cached, order))
  }
  const after = cached.stats().cache
  const hits = (after?.hits ?? 0) - (before?.hits ?? 0)
  const misses = (after?.misses ?? 0) - (before?.misses ?? 0)
  return {
    repeats,
    plain: median(rates.plain),
    cached: median(rates.cached),
    ratio: median(rates.cached.map((rate, i) => rate / (rates.plain[i] as number))),
    hitRatio: hits / (hits + misses),
  }
}

/** One in every 1 / (1 - repeats) calls has a new payload; the others repeat the latest ones. */
function sequence(fresh: readonly Uint8Array[], repeats: number): Uint8Array[] {
  let made = 0
  return Array.from({ length: calls }, (_, i) => {
    if (Math.floor((i + 1) * (1 - repeats)) > made || made === 0) return fresh[made++] as Uint8Array
    // Old enough to be finished, recent enough to be cached.
    return fresh[Math.max(0, made - 1 - ((i * 7) % 64))] as Uint8Array
  })
}

async function turn(processor: Processor, order: readonly Uint8Array[]): Promise<number> {
  const startedAt = performance.now()
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < order.length) {
      const outcome = await processor.process(order[next++])
      if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
    }
  }
  await Promise.all(Array.from({ length: depth }, caller))
  return (order.length / (performance.now() - startedAt)) * 1000
}

export const cacheText = (rows: readonly CacheRow[]): string =>
  rows
    .map(
      ({ id, repeats, plain, cached, ratio, hitRatio }) =>
        `${id.padEnd(14)}  repeats ${percent(repeats).padStart(5)}  without ${rate(plain)}  with cache ${rate(cached)}  × ${ratio.toFixed(2)}  hits ${percent(hitRatio)}`,
    )
    .join('\n')

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en').padStart(7)}/s`
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
