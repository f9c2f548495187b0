// `--cache`, second part: the same calls without a cache and with results in a real Redis, of which 0, 50 or 95 % are known to
// it, as if another process had computed them. The local tier has one entry, so that every known result comes from Redis. From these
// the share of known results below which the tier costs more than it saves: in calls a second, and in CPU of the app's process.

import { performance } from 'node:perf_hooks'
import { createProcessor, type CreateOptions, type EngineKind, type PlacementName, type Processor } from 'sidelane'
import { redisCache } from 'sidelane/redis-cache'
import { poolThreads, type Hosts } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { collect } from '../../src/measure/heap.ts'
import { cpuUsOf } from '../../src/measure/processes.ts'
import { median } from '../../src/util/stats.ts'
import { makeOrders } from '../payloads/orders.ts'
import { findRedis, RedisServer } from '../queue/redis-server.ts'

export interface SharedCacheRow {
  readonly id: string
  readonly meanBytes: number
  /** The share of calls whose result is in Redis. */
  readonly known: number
  /** Calls a second; medians. */
  readonly plain: number
  readonly shared: number
  /** shared / plain, the median of the pairs. */
  readonly ratio: number
  /** CPU of the process for a call, in µs. */
  readonly plainUs: number
  readonly sharedUs: number
  /** CPU of Redis for a call, in µs. */
  readonly redisUs: number
  /** From `stats()`: what Redis answered. */
  readonly hitRatio: number
  /** Calls that Redis was not asked for, or that it did not answer in time. */
  readonly unasked: number
}

export interface BreakEven {
  readonly id: string
  readonly meanBytes: number
  /** Share of known results from which the tier is a gain; undefined: at none. */
  readonly byRate: number | undefined
  readonly byCpu: number | undefined
}

const shares = [0, 0.5, 0.95]
const sets = [
  { meanBytes: 4096, calls: 1024 },
  { meanBytes: 65_536, calls: 96 },
]
const depth = 64

/** undefined: no Redis is installed. */
export async function sharedCaches(
  hosts: Hosts,
  seed: number,
  rounds: number,
): Promise<{ rows: SharedCacheRow[]; breakEven: BreakEven[] } | undefined> {
  if (findRedis() === undefined) return undefined
  const server = await RedisServer.start()
  try {
    const rows: SharedCacheRow[] = []
    for (const [id, { placement, engine }] of hosts.open) {
      const options: CreateOptions = {
        placement: placement as PlacementName,
        engine: engine.kind as EngineKind,
        ...(placement === 'pool' && { threads: poolThreads(), deadlineMs: 60_000, maxQueueMs: 60_000 }),
      }
      for (const { meanBytes, calls } of sets) {
        const payloads = makeOrders({ count: calls, seed, meanBytes })
        for (const known of shares) {
          rows.push({ id, meanBytes, known, ...(await compare(server, options, payloads, known, rounds)) })
        }
      }
    }
    return { rows, breakEven: breakEvens(rows) }
  } finally {
    await server.remove()
  }
}

async function compare(
  server: RedisServer,
  options: CreateOptions,
  payloads: readonly Uint8Array[],
  known: number,
  rounds: number,
): Promise<Omit<SharedCacheRow, 'id' | 'meanBytes' | 'known'>> {
  const contract = ourContract({ source: 'orders' }, 'sha-256')
  // A busy machine is not a slow Redis: the breaker stays closed.
  const shared = redisCache({ connection: server.url, timeoutMs: 1000 })
  const cache = { maxEntries: 1, shared }
  await using plain = await createProcessor(contract, options)
  await using other = await createProcessor(contract, { ...options, cache })
  await using measured = await createProcessor(contract, { ...options, cache })
  const taught = payloads.filter((_, i) => Math.floor((i + 1) * known) > Math.floor(i * known))
  const turns: { plain: Turn[]; shared: Turn[] } = { plain: [], shared: [] }
  const redis: number[] = []
  let before = measured.stats().cache?.shared
  for (let round = -1; round < rounds; round++) {
    await server.with((client) => client.flushall())
    await turn(other, taught)
    collect()
    if (round === 0) before = measured.stats().cache?.shared
    const names = round % 2 === 0 ? (['plain', 'shared'] as const) : (['shared', 'plain'] as const)
    for (const name of names) {
      const redisBefore = cpuUsOf(server.pid)
      const one = await turn(name === 'plain' ? plain : measured, payloads)
      // The first round warms up.
      if (round < 0) continue
      turns[name].push(one)
      if (name === 'shared') redis.push((cpuUsOf(server.pid) - redisBefore) / payloads.length)
    }
  }
  const after = measured.stats().cache?.shared
  const grown = (field: 'hits' | 'misses' | 'skipped' | 'timeouts' | 'failed'): number =>
    (after?.[field] ?? 0) - (before?.[field] ?? 0)
  return {
    plain: median(turns.plain.map(({ rate }) => rate)),
    shared: median(turns.shared.map(({ rate }) => rate)),
    ratio: median(turns.shared.map(({ rate }, i) => rate / (turns.plain[i] as Turn).rate)),
    plainUs: median(turns.plain.map(({ cpuUs }) => cpuUs)),
    sharedUs: median(turns.shared.map(({ cpuUs }) => cpuUs)),
    redisUs: median(redis),
    hitRatio: grown('hits') / Math.max(1, grown('hits') + grown('misses')),
    unasked: grown('skipped') + grown('timeouts') + grown('failed'),
  }
}

interface Turn {
  readonly rate: number
  readonly cpuUs: number
}

async function turn(processor: Processor, payloads: readonly Uint8Array[]): Promise<Turn> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < payloads.length) {
      const outcome = await processor.process(payloads[next++])
      if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
    }
  }
  await Promise.all(Array.from({ length: depth }, caller))
  const { user, system } = process.cpuUsage(cpu)
  return {
    rate: (payloads.length / (performance.now() - startedAt)) * 1000,
    cpuUs: (user + system) / payloads.length,
  }
}

function breakEvens(rows: readonly SharedCacheRow[]): BreakEven[] {
  const starts = rows.filter(({ known }) => known === shares[0])
  return starts.map(({ id, meanBytes }) => {
    const ofCase = rows.filter((row) => row.id === id && row.meanBytes === meanBytes)
    const byRate = breakEven(ofCase.map(({ known, ratio }) => ({ known, cost: 1 / ratio })))
    const byCpu = breakEven(ofCase.map(({ known, plainUs, sharedUs }) => ({ known, cost: sharedUs / plainUs })))
    return { id, meanBytes, byRate, byCpu }
  })
}

interface Point {
  readonly known: number
  /** Relative to that without the tier. */
  readonly cost: number
}

/** The least share with a cost of 1, on the lines from point to point, the last of which goes on to all results known. */
function breakEven(points: readonly Point[]): number | undefined {
  const [first] = points
  if (first !== undefined && first.cost <= 1) return 0
  for (const [i, to] of points.entries()) {
    const from = points[i - 1]
    if (from === undefined || (to.cost > 1 && i < points.length - 1)) continue
    const perShare = (from.cost - to.cost) / (to.known - from.known)
    const known = from.known + (from.cost - 1) / perShare
    return perShare > 0 && known <= 1 ? known : undefined
  }
  return undefined
}

export const sharedCacheText = (rows: readonly SharedCacheRow[], breakEven: readonly BreakEven[]): string =>
  [
    ...rows.map(
      ({ id, meanBytes, known, plain, shared, ratio, plainUs, sharedUs, redisUs, unasked }) =>
        `${id.padEnd(14)}  ${size(meanBytes)}  known ${percent(known).padStart(5)}  without ${rate(plain)}  with Redis ${rate(shared)}` +
        `  × ${ratio.toFixed(2)}  CPU ${us(plainUs)} → ${us(sharedUs)} and ${us(redisUs)} of Redis` +
        (unasked === 0 ? '' : `  (${unasked} calls without Redis)`),
    ),
    '',
    ...breakEven.map(
      ({ id, meanBytes, byRate, byCpu }) =>
        `${id.padEnd(14)}  ${size(meanBytes)}  pays from a hit ratio of: ${share(byRate)} by rate, ${share(byCpu)} by CPU of the app`,
    ),
  ].join('\n')

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en').padStart(7)}/s`
const percent = (part: number): string => `${(100 * part).toFixed(0)} %`
const share = (part: number | undefined): string => (part === undefined ? 'none' : percent(part))
const size = (bytes: number): string => `${bytes / 1024} KB`.padStart(5)
const us = (time: number): string => `${time.toFixed(0)} µs`
