// `--overload`: goodput and latency of pools and of both daemons below and beyond their capacity. Payloads arrive by the
// clock, at multiples of the measured capacity (the knee), and only outcomes within the deadline count.

import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { createHost, type HostOptions, type StreamItem } from 'sidelane'
import { ourContract } from '../contracts/ours.ts'
import type { Answer } from '../../src/measure/contender.ts'
import { poolEngines, poolThreads } from '../contenders.ts'
import { collect } from '../../src/measure/heap.ts'
import { percentile } from '../../src/util/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import { limitedPiscina } from '../peers/piscina-limited.ts'
import { figure } from '../report/table.ts'
import type { Target } from '../targets.ts'

export interface OverloadRow {
  readonly id: string
  readonly isOurs: boolean
  /** The capacity with a fixed number of calls in flight, per second. */
  readonly kneePerSecond: number
  /** The requested and the actual rate, as multiples of the knee. */
  readonly times: number
  readonly offeredTimes: number
  /** Outcomes within the deadline, as a fraction of the knee. */
  readonly goodput: number
  /** Fractions of the offered calls. */
  readonly refused: number
  readonly late: number
  /** Time from the call to its refusal; NaN without a refusal. */
  readonly refusalP99Us: number
  /** Latency of the outcomes of the steady part, even late ones; NaN without any. */
  readonly answerP99Ms: number
}

export interface OverloadPlan {
  /** Ids of contenders; `piscina-plain` stands for both guards of Piscina. */
  readonly wanted: ReadonlySet<string>
  readonly budgetMs: number
  readonly onStep: (what: string, done: number) => void
}

/** A way to protect a placement from overload. */
interface Guarded {
  readonly id: string
  readonly isOurs: boolean
  readonly run: (payload: Buffer) => Promise<Answer>
  /** The same placement without protection, to measure its capacity. */
  readonly unguarded: (payload: Buffer) => Promise<Answer>
  /** True for the error of a call that was refused. */
  readonly refuses: (error: unknown) => boolean
  end(): Promise<void>
}

const overloadTimes = [0.5, 1, 1.5, 3, 10] as const
/** Of the guards of Piscina, for comparison. */
const peerTimes = [3] as const
/** The deadline of every call: the pool's default. */
const deadlineMs = 1000
/** The default `maxQueue`. */
const maxQueue = 1024
/** Enough to keep every worker busy, and less than the queue holds. */
const kneeDepth = 256
/** After the measurement of the capacity, so that it is not one overload with what follows. */
const calmMs = 1100
/** The start of a run is a burst, which may fill the queues: it does not count. */
const unsteady = 0.4
const longestStretchMs = 3000

/** All ways, one after the other, each at its own capacity. */
export async function overload(set: PayloadSet, { wanted, budgetMs, onStep }: OverloadPlan): Promise<OverloadRow[]> {
  const makers = await guards(set, wanted)
  const steps = makers.reduce((sum, { rates }) => sum + rates.length, 0)
  // A run, and two fifths of one for the warm-up and the capacity; the rest is start-up and shutdown.
  const stretchMs = Math.min(longestStretchMs, (0.8 * budgetMs) / (steps * 1.4))
  const rows: OverloadRow[] = []
  for (const { make, rates } of makers) {
    for (const times of rates) {
      // A new placement for each rate, so that leftovers of the previous rate do not count.
      const guarded = await make()
      try {
        onStep(`${guarded.id} at ${times} times its knee`, rows.length / steps)
        // The first one is warm-up only.
        await kneeOf(guarded, set.payloads, stretchMs / 5)
        const knee = await kneeOf(guarded, set.payloads, stretchMs / 5)
        await setTimeout(calmMs)
        rows.push(await flood(guarded, set.payloads, knee, times, stretchMs))
      } finally {
        await guarded.end()
      }
    }
  }
  return rows
}

interface Maker {
  readonly make: () => Promise<Guarded>
  readonly rates: readonly number[]
}

async function guards(set: PayloadSet, wanted: ReadonlySet<string>): Promise<Maker[]> {
  const contract = ourContract(set.contract, 'none')
  const threads = poolThreads()
  const { codec, level } = contract.lock.compress
  const peerLevel = codec === 'gzip' && level !== undefined ? level : 1
  const ours = (id: string, options: HostOptions) => async (): Promise<Guarded> => {
    const host = await createHost({ ...options, threads, deadlineMs, maxQueue })
    const processor = host.processor(contract)
    return {
      id,
      isOurs: true,
      run: (payload) => processor.process(payload),
      // A stream waits for room instead of being refused.
      unguarded: (payload) => answerOf(processor.stream([payload])),
      refuses: (error) => (error as { code?: unknown }).code === 'overloaded',
      end: () => host.destroy(),
    }
  }
  const piscina = (id: string, timeoutMs: number | undefined) => (): Promise<Guarded> => {
    const pool = limitedPiscina(set.contract, peerLevel, threads, { maxQueue, timeoutMs })
    return Promise.resolve({
      id,
      isOurs: false,
      run: (payload) => pool.run(payload),
      unguarded: (payload) => pool.unguarded(payload),
      refuses: (error) => error instanceof Error && error.message.includes('queue'),
      end: () => pool.destroy(),
    })
  }
  const engines = await poolEngines(wanted)
  const daemons = engines.map((engine) => (engine === 'native' ? 'sidelaned' : 'node'))
  const made = [
    ...engines.map((engine) => ours(`pool-${engine}`, { placement: 'pool', engine })),
    ...daemons.map((daemon) => ours(`sidecar-${daemon}`, { placement: 'sidecar', launch: { daemon } })),
  ]
  const peers = wanted.has('piscina-plain')
    ? [piscina('piscina + maxQueue', undefined), piscina('piscina + signals', deadlineMs)]
    : []
  return [...made.map((make) => ({ make, rates: overloadTimes })), ...peers.map((make) => ({ make, rates: peerTimes }))]
}

async function answerOf(items: AsyncIterable<StreamItem>): Promise<Answer> {
  for await (const item of items) {
    if ('error' in item) throw item.error
    return item
  }
  throw new Error('The stream is empty.')
}

/** Payloads per second in a closed loop, after the warm-up. */
async function kneeOf({ unguarded }: Guarded, payloads: readonly Buffer[], lengthMs: number): Promise<number> {
  const from = performance.now()
  const steadyFrom = from + lengthMs / 3
  const until = from + lengthMs
  let next = 0
  let done = 0
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const answered = await unguarded(payloads[next++ % payloads.length] as Buffer).then(isTrue, isFalse)
      if (answered && performance.now() >= steadyFrom) done++
    }
  }
  await Promise.all(Array.from({ length: kneeDepth }, caller))
  return (done * 1000) / (performance.now() - steadyFrom)
}

async function flood(
  { id, isOurs, run, refuses }: Guarded,
  payloads: readonly Buffer[],
  kneePerSecond: number,
  times: number,
  lengthMs: number,
): Promise<OverloadRow> {
  collect()
  const gapMs = 1000 / (kneePerSecond * times)
  const refusals: number[] = []
  const answers: number[] = []
  let offered = 0
  let ended = 0
  let late = 0
  let good = 0
  const from = performance.now()
  const steadyFrom = from + unsteady * lengthMs
  const until = from + lengthMs

  const onAnswer = (at: number): void => {
    const now = performance.now()
    ended++
    if (at >= steadyFrom) answers.push(now - at)
    if (now - at > deadlineMs) late++
    // Sorted by the time of the outcome: an open loop has no end to wait for.
    else if (now >= steadyFrom && now < until) good++
  }
  const onError = (at: number, error: unknown): void => {
    ended++
    if (refuses(error)) refusals.push((performance.now() - at) * 1000)
    else late++
  }
  const offer = (payload: Buffer): void => {
    const at = performance.now()
    offered++
    void run(payload).then(
      () => onAnswer(at),
      (error: unknown) => onError(at, error),
    )
  }

  for (let now = from; now < until; now = performance.now()) {
    const due = Math.floor((now - from) / gapMs)
    // Starts the calls that are due, but yields to the event loop in between, as a server that reads a few requests at
    // a time.
    if (offered >= due) await setTimeout(1)
    const most = Math.min(mostATurn, due - offered)
    for (let i = 0; i < most; i++) {
      offer(payloads[offered % payloads.length] as Buffer)
      // Each request has its own callback, so that the work of one call is done before the next.
      await Promise.resolve()
    }
    await setImmediate()
  }
  const spentMs = performance.now() - from
  // Waits for all admitted calls: the late ones are counted too.
  const idle = (): boolean => ended === offered
  while (!idle()) await setTimeout(5)
  return {
    id,
    isOurs,
    kneePerSecond,
    times,
    offeredTimes: (offered * 1000) / spentMs / kneePerSecond,
    goodput: (good * 1000) / (until - steadyFrom) / kneePerSecond,
    refused: refusals.length / offered,
    late: late / offered,
    refusalP99Us: percentile(Float64Array.from(refusals).sort(), 0.99),
    answerP99Ms: percentile(Float64Array.from(answers).sort(), 0.99),
  }
}

const isTrue = (): boolean => true
const isFalse = (): boolean => false

const mostATurn = 64

export function overloadText(rows: readonly OverloadRow[]): string {
  return [
    line(['way', 'knee/s', 'offered', 'goodput', 'refused', 'late', 'refusal p99 µs', 'answer p99 ms']),
    ...rows.map((row) =>
      line([
        row.id,
        Math.round(row.kneePerSecond).toLocaleString('en'),
        `${row.offeredTimes.toFixed(1)} ×`,
        percent(row.goodput),
        percent(row.refused),
        percent(row.late),
        figure(row.refusalP99Us),
        figure(row.answerP99Ms),
      ]),
    ),
  ].join('\n')
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(i < 6 ? 9 : 15))).join('')

/** Longest latency at `lateAt` times the knee, in latencies at the knee. */
const maxLatencyRatio = 5
const lateAt = 3

/** The targets of our placements beyond the knee. */
export function overloadTargets(rows: readonly OverloadRow[]): Target[] {
  const ours = rows.filter(({ isOurs }) => isOurs)
  const latencies = ours
    .filter(({ times }) => times === lateAt)
    .map(({ id, answerP99Ms }) => {
      const atKnee = ours.find((row) => row.id === id && row.times === 1)?.answerP99Ms ?? Number.NaN
      return {
        name: `${id} at ${lateAt} × the knee, answers p99`,
        target: `≤ ${maxLatencyRatio} × that at the knee`,
        measured: `${(answerP99Ms / atKnee).toFixed(1)} ×`,
        met: answerP99Ms <= maxLatencyRatio * atKnee,
      }
    })
  const beyond = ours
    .filter(({ times }) => times > 1)
    .flatMap(({ id, times, goodput, refusalP99Us }) => [
      {
        name: `${id} at ${times} × the knee, goodput`,
        target: '≥ 90 %',
        measured: percent(goodput),
        met: goodput >= 0.9,
      },
      {
        name: `${id} at ${times} × the knee, refusals p99`,
        target: '< 1 ms',
        measured: Number.isNaN(refusalP99Us) ? null : `${figure(refusalP99Us)} µs`,
        met: Number.isNaN(refusalP99Us) ? null : refusalP99Us < 1000,
      },
    ])
  return [...latencies, ...beyond]
}
