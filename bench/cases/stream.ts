// `--stream`: the pool's closed loop and `processor.stream` take turns over the same payloads, with the same number in
// flight. The result is the ratio of each pair of turns, which a busy machine affects equally.

import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import type { Processor } from 'sidelane'
import type { Hosts } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { collect } from '../../src/measure/heap.ts'
import { median } from '../../src/util/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'

export interface StreamRow {
  readonly id: string
  /** Calls in flight, in both. */
  readonly depth: number
  /** Payloads a second; medians. */
  readonly closedLoop: number
  readonly stream: number
  /** With the default concurrency of the stream. */
  readonly streamDefault: number
  /** stream / closedLoop, the median of the pairs. */
  readonly ratio: number
  readonly ratioDefault: number
}

export interface StreamMemory {
  readonly id: string
  readonly marks: readonly { readonly payloads: number; readonly rss: number }[]
}

const depths = [64, 256]
const turnMs = 700

/** Each open pool, and inline. */
export async function streams(set: PayloadSet, hosts: Hosts, rounds: number): Promise<StreamRow[]> {
  const rows: StreamRow[] = []
  for (const [id, host] of hosts.open) {
    await using processor = host.processor(ourContract(set.contract, 'sha-256'))
    for (const depth of host.placement === 'inline' ? [1] : depths) {
      rows.push({ id, depth, ...(await compare(processor, set.payloads, depth, rounds)) })
    }
  }
  return rows
}

async function compare(
  processor: Processor,
  payloads: readonly Buffer[],
  depth: number,
  rounds: number,
): Promise<Omit<StreamRow, 'id' | 'depth'>> {
  const ways = [
    (count: number) => closedLoop(processor, payloads, depth, count),
    (count: number) => throughStream(processor, payloads, count, depth),
    (count: number) => throughStream(processor, payloads, count),
  ]
  // Warms up, and finds a count that lasts one turn.
  const from = performance.now()
  for (const way of ways) await way(4 * payloads.length)
  const each = (performance.now() - from) / (3 * 4 * payloads.length)
  const count = Math.max(payloads.length, Math.round(turnMs / each))
  const rates: number[][] = ways.map(() => [])
  for (let round = 0; round < rounds; round++) {
    collect()
    for (let turn = 0; turn < ways.length; turn++) {
      // The order changes with each round.
      const index = (turn + round) % ways.length
      const startedAt = performance.now()
      await ways[index]?.(count)
      rates[index]?.push((count / (performance.now() - startedAt)) * 1000)
    }
  }
  const [loop = [], own = [], byDefault = []] = rates
  const ratioTo = (other: readonly number[]): number => median(other.map((rate, i) => rate / (loop[i] as number)))
  return {
    closedLoop: median(loop),
    stream: median(own),
    streamDefault: median(byDefault),
    ratio: ratioTo(own),
    ratioDefault: ratioTo(byDefault),
  }
}

/** `count` calls, `depth` of them in flight. */
export async function closedLoop(
  processor: Processor,
  payloads: readonly Buffer[],
  depth: number,
  count: number,
): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < count) {
      const outcome = await processor.process(payloads[next++ % payloads.length])
      if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
    }
  }
  await Promise.all(Array.from({ length: depth }, caller))
}

async function throughStream(
  processor: Processor,
  payloads: readonly Buffer[],
  count: number,
  concurrency?: number,
): Promise<void> {
  for await (const item of processor.stream(
    repeated(payloads, count),
    concurrency === undefined ? {} : { concurrency },
  )) {
    if (!item.ok) throw new Error(`refused: ${item.code}`)
  }
}

function* repeated(payloads: readonly Buffer[], count: number): Generator<Buffer, void> {
  for (let i = 0; i < count; i++) yield payloads[i % payloads.length] as Buffer
}

/** Resident memory while one stream runs; `counts` are ascending. */
export async function streamMemory(
  id: string,
  set: PayloadSet,
  hosts: Hosts,
  counts: readonly number[],
): Promise<StreamMemory> {
  const host = hosts.open.get(id)
  if (host === undefined) return { id, marks: [] }
  await using processor = host.processor(ourContract(set.contract, 'sha-256'))
  const marks: { payloads: number; rss: number }[] = []
  let done = 0
  for await (const item of processor.stream(repeated(set.payloads, counts.at(-1) ?? 0))) {
    if (!item.ok) throw new Error(`refused: ${item.code}`)
    if (!counts.includes(++done)) continue
    // Collects the heap first, because garbage is not a leak.
    await setImmediate()
    collect()
    marks.push({ payloads: done, rss: process.memoryUsage.rss() })
  }
  return { id, marks }
}

export const streamText = (rows: readonly StreamRow[]): string =>
  rows
    .map(
      ({ id, depth, closedLoop: loop, stream, streamDefault, ratio, ratioDefault }) =>
        `${id.padEnd(14)}  depth ${String(depth).padStart(3)}  closed loop ${rate(loop)}  stream ${rate(stream)} (${percent(ratio)})  default concurrency ${rate(streamDefault)} (${percent(ratioDefault)})`,
    )
    .join('\n')

export const streamMemoryText = (list: readonly StreamMemory[]): string =>
  list
    .map(({ id, marks }) => {
      const texts = marks.map(
        ({ payloads, rss }) => `${(rss / 2 ** 20).toFixed(1)} MiB after ${payloads.toLocaleString('en')}`,
      )
      const [first] = marks
      const last = marks.at(-1)
      const ratio = first && last ? `  ratio ${(last.rss / first.rss).toFixed(3)}` : ''
      return `${id.padEnd(14)}  ${texts.join('  ')}${ratio}`
    })
    .join('\n')

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en').padStart(7)}/s`
const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`
