// `--hybrid`: inline, pool and auto take turns at the same fixed rates over the same mix: orders of 4 KB, and some of
// 256 KB. Latency counts from the scheduled start of a call; a clock probe measures how long the main thread was
// blocked.

import { performance } from 'node:perf_hooks'
import { createProcessor, type AutoThresholds, type PlacementName, type Processor } from 'sidelane'
import { poolThreads } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { collect, collectYoung } from '../../src/measure/heap.ts'
import { OpenCalls } from '../../src/measure/open-calls.ts'
import { median, percentile } from '../../src/util/stats.ts'
import { makeOrders } from '../payloads/orders.ts'
import { figure } from '../report/table.ts'
import type { Target } from '../targets.ts'

export interface HybridRow {
  readonly placement: PlacementName
  /** A fraction of inline's closed-loop capacity. */
  readonly share: number
  readonly perSecond: number
  /** Medians of the rounds. */
  readonly p50Us: number
  readonly p99Us: number
  readonly stallP99Us: number
  /** A fraction of the calls; only for auto. */
  readonly ranInline: number | null
}

export interface Hybrid {
  readonly engine: 'js' | 'native'
  readonly thresholds: AutoThresholds | undefined
  readonly rows: readonly HybridRow[]
  readonly targets: readonly Target[]
}

const placements: readonly PlacementName[] = ['inline', 'pool', 'auto']
const shares = [0.2, 0.5, 0.8]
const warmMs = 1500
const capacityMs = 600
const stretchMs = 1000
/** The interval of the probe, far below the stalls to measure. */
const probeMs = 0.25

/** One in this many payloads is large. */
const largeEvery = 64
const largeBytes = 256 * 1024

/** Takes about 50 s with 5 rounds. */
export async function hybrid(engine: 'js' | 'native', seed: number, rounds: number): Promise<Hybrid> {
  const contract = ourContract({ source: 'orders' }, 'sha-256')
  const processors = new Map<PlacementName, Processor>()
  try {
    for (const placement of placements) {
      const options = { placement, engine, threads: poolThreads(), deadlineMs: 60_000, maxQueue: 100_000 }
      processors.set(placement, await createProcessor(contract, { ...options, maxQueueBytes: 2 ** 32 }))
    }
    return await takeTurns(engine, processors, mixed(seed), rounds)
  } finally {
    await Promise.all([...processors.values()].map((processor) => processor.close()))
  }
}

async function takeTurns(
  engine: 'js' | 'native',
  processors: ReadonlyMap<PlacementName, Processor>,
  payloads: readonly Buffer[],
  rounds: number,
): Promise<Hybrid> {
  const of = (placement: PlacementName): Processor => processors.get(placement) as Processor
  for (const placement of placements) await closedLoop(of(placement), payloads, warmMs)
  const capacity = await closedLoop(of('inline'), payloads, capacityMs)
  // Scheduled arrivals compile other code paths than a closed loop.
  for (const placement of placements) await stretch(of(placement), payloads, capacity / 2, stretchMs / 2)

  const cells = shares.flatMap((share) => placements.map((placement) => ({ share, placement, rounds: [] as Round[] })))
  for (let round = 0; round < rounds; round++) {
    collect()
    for (let turn = 0; turn < cells.length; turn++) {
      // The order changes with each round.
      const cell = cells[(turn + round * 2) % cells.length] as (typeof cells)[number]
      collectYoung()
      cell.rounds.push(await stretch(of(cell.placement), payloads, capacity * cell.share, stretchMs))
    }
  }
  const rows = cells.map(({ share, placement, rounds: done }): HybridRow => {
    const middle = (pick: (round: Round) => number): number => median(done.map(pick))
    return {
      placement,
      share,
      perSecond: capacity * share,
      p50Us: middle(({ p50Us }) => p50Us),
      p99Us: middle(({ p99Us }) => p99Us),
      stallP99Us: middle(({ stallP99Us }) => stallP99Us),
      ranInline: placement === 'auto' ? middle(({ ranInline }) => ranInline) : null,
    }
  })
  return { engine, thresholds: of('auto').thresholds, rows, targets: targetsOf(rows) }
}

/** 64 small payloads to a large one, in an order that repeats after all of them. */
function mixed(seed: number): Buffer[] {
  const small = makeOrders({ count: 252, seed })
  const large = makeOrders({ count: 4, seed, meanBytes: largeBytes })
  const payloads: Buffer[] = []
  for (const [index, bytes] of large.entries()) {
    const from = index * (largeEvery - 1)
    payloads.push(...small.slice(from, from + largeEvery - 1).map(own), own(bytes))
  }
  return payloads
}

const own = (bytes: Uint8Array): Buffer => Buffer.from(Uint8Array.from(bytes).buffer)

/** Payloads a second with 16 in flight; for inline that equals 1. */
async function closedLoop(processor: Processor, payloads: readonly Buffer[], ms: number): Promise<number> {
  const from = performance.now()
  let next = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - from < ms) await accepted(processor.process(payloads[next++ % payloads.length]))
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  return (next / (performance.now() - from)) * 1000
}

async function accepted(answer: ReturnType<Processor['process']>): Promise<void> {
  const outcome = await answer
  if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
}

interface Round {
  readonly p50Us: number
  readonly p99Us: number
  readonly stallP99Us: number
  readonly ranInline: number
}

async function stretch(
  processor: Processor,
  payloads: readonly Buffer[],
  perSecond: number,
  lengthMs: number,
): Promise<Round> {
  const before = processor.stats().ranInline ?? 0
  const count = Math.floor((perSecond * lengthMs) / 1000)
  const latencies = new Float64Array(count)
  const stalls = new Float64Array(Math.floor(lengthMs / probeMs))
  const answers = new OpenCalls()
  await arrivals(count, 1000 / perSecond, stalls, (index, due) => {
    const answer = accepted(processor.process(payloads[index % payloads.length]))
    answers.add(answer.then(() => void (latencies[index] = performance.now() - due)))
  })
  await answers.ended()
  latencies.sort()
  stalls.sort()
  return {
    p50Us: percentile(latencies, 0.5) * 1000,
    p99Us: percentile(latencies, 0.99) * 1000,
    stallP99Us: percentile(stalls, 0.99) * 1000,
    ranInline: ((processor.stats().ranInline ?? 0) - before) / count,
  }
}

/**
 * Calls `arrive` for each scheduled arrival, as an event loop does: arrivals during a turn come in the next one, each
 * in its own callback. Fills `stalls` with the delay of each tick of the probe, in ms.
 */
function arrivals(
  count: number,
  gapMs: number,
  stalls: Float64Array,
  arrive: (index: number, due: number) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const from = performance.now()
    let next = 0
    let tick = 0
    const turn = (): void => {
      const now = performance.now()
      for (; tick < stalls.length && from + tick * probeMs <= now; tick++) stalls[tick] = now - (from + tick * probeMs)
      if (next === count && tick === stalls.length) return resolve()
      for (; next < count && from + next * gapMs <= now; next++) setImmediate(arrive, next, from + next * gapMs)
      setImmediate(turn)
    }
    turn()
  })
}

const mostWorse = 1.15
const mostStall = 1 / 3
const heavy = 0.8

function targetsOf(rows: readonly HybridRow[]): Target[] {
  const row = (placement: PlacementName, share: number): HybridRow =>
    rows.find((one) => one.placement === placement && one.share === share) as HybridRow
  const stall = row('auto', heavy).stallP99Us / row('inline', heavy).stallP99Us
  return [
    ...shares.map((share): Target => {
      const better = Math.min(row('inline', share).p99Us, row('pool', share).p99Us)
      const ratio = row('auto', share).p99Us / better
      return {
        name: `auto's p99 by the better fixed placement's, ${share * 100} % load`,
        target: `≤ ${mostWorse} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        met: ratio <= mostWorse,
      }
    }),
    {
      name: `auto's main-thread stall p99 by inline's, ${heavy * 100} % load`,
      target: '≤ 0.33 ×',
      measured: `${stall.toFixed(2)} ×`,
      met: stall <= mostStall,
    },
  ]
}

export function hybridText({ thresholds, rows }: Hybrid): string {
  const lines = [
    line(['placement', 'load', 'payloads/s', 'p50 µs', 'p99 µs', 'stall p99 µs', 'ran inline']),
    ...rows.map((row) =>
      line([
        row.placement,
        `${row.share * 100} %`,
        Math.round(row.perSecond).toLocaleString('en'),
        figure(row.p50Us),
        figure(row.p99Us),
        figure(row.stallP99Us),
        row.ranInline === null ? '' : `${(100 * row.ranInline).toFixed(1)} %`,
      ]),
    ),
  ]
  if (thresholds !== undefined) {
    const { inlineMaxBytes, inlineBudgetUs, hopUs, perKibUs } = thresholds
    lines.push(
      `thresholds at start: inline up to ${inlineMaxBytes.toLocaleString('en')} bytes and ${figure(inlineBudgetUs)} µs a turn; hop ${figure(hopUs)} µs, ${figure(perKibUs)} µs a KiB`,
    )
  }
  return lines.join('\n')
}

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(14)))
    .join('')
    .trimEnd()
