// `--layers`: what the breaker, the fallback and a rollout cost for each call that goes well, in turns, on the CPU of the main
// thread. The contract does nothing expensive, so that a small difference shows.

import {
  createProcessor,
  createRollout,
  defineContract,
  type Contract,
  type EngineName,
  type Processor,
} from 'sidelane'
import * as z from 'zod'
import { isTraced } from '../../src/host/call-trace.ts'
import { timesOf } from '../../src/host/call-times.ts'
import { Counters } from '../../src/host/counters.ts'
import { answeredBy, ProcessCall, type Accepted, type Route, type Via } from '../../src/model/index.ts'
import { cpuMeter } from '../../src/measure/cpu.ts'
import { collect } from '../../src/measure/heap.ts'
import { median } from '../../src/util/stats.ts'
import type { Target } from '../targets.ts'

export interface LayerRow {
  readonly name: string
  /** Of a call, medians. */
  readonly us: number
  /** Over the bare processor, the median of the pairs. */
  readonly addedUs: number
}

const calls = 20_000
const bytes = 4096

export async function layers(engine: EngineName, rounds: number): Promise<LayerRow[]> {
  const contract = defineContract({
    name: 'layers',
    schema: z.string(),
    digest: 'none',
    compress: { codec: 'none' },
  }) as unknown as Contract
  const bare = (): Promise<Processor> => createProcessor(contract, { engine })
  const rollout = async (options: object): Promise<Processor> =>
    createRollout({ contract, baseline: await bare(), candidate: await bare(), ...options })
  const off = { guards: false, fallback: false, breaker: false }
  const processors = new Map<string, Processor>([
    ['bare processor', await bare()],
    [
      'breaker and fallback',
      await createProcessor(contract, { engine, breaker: true, fallback: { to: 'skip', exercise: 0 } }),
    ],
    ['rollout, percent alone', await rollout({ percent: 100, ...off })],
    ['rollout, all layers', await rollout({ percent: 50, fallback: { to: 'baseline', exercise: 0 } })],
  ])
  const payload = Buffer.from(JSON.stringify('x'.repeat(bytes - 2)))
  const times = new Map([...processors.keys()].map((name) => [name, [] as number[]]))
  for (const processor of processors.values()) await turn(processor, payload)
  for (let round = 0; round < rounds; round++) {
    collect()
    for (const [name, processor] of processors) times.get(name)?.push(await turn(processor, payload))
  }
  for (const processor of processors.values()) await processor.close()
  const base = times.get('bare processor') as number[]
  const rows = [...times].map(([name, all]) => ({
    name,
    us: median(all),
    addedUs: median(all.map((us, i) => us - (base[i] as number))),
  }))
  return [...rows, statsRow(rounds, contract), viaRow(rounds)]
}

/** The counters and times of `stats()`, and the question whether someone listens to the tracing channel. */
function statsRow(rounds: number, contract: Contract): LayerRow {
  const route: Route = { contract, contractIndex: 0 }
  const outcome: Accepted = {
    ok: true,
    body: new Uint8Array(0),
    codec: 'none',
    digest: null,
    inBytes: 1,
    canonicalBytes: 1,
    outBytes: 1,
  }
  const ignore = (): void => {}
  const sink: unknown[] = []
  const measure = (counts: boolean): number => {
    const counters = new Counters()
    const stop = cpuMeter().start()
    for (let i = 0; i < calls * 10; i++) {
      const call = new ProcessCall(route, outcome.body, false, ignore, ignore)
      if (counts) {
        call.startedAt = performance.now()
        counters.started()
        if (isTraced()) throw new Error('someone listens')
        counters.ended(call, outcome, timesOf(call, performance.now()))
      }
      sink[i % 64] = call
    }
    return stop() / (calls * 10)
  }
  measure(true)
  const added = median(Array.from({ length: rounds }, () => measure(true) - measure(false)))
  return { name: 'nothing switched on: `stats`', us: added, addedUs: added }
}

/** All that a call of a processor without any of these options has of them. */
function viaRow(rounds: number): LayerRow {
  const via: Via = Object.freeze({ placement: 'inline', engine: 'js' })
  const sink: unknown[] = []
  const make = (i: number): Accepted => ({
    ok: true,
    body: new Uint8Array(0),
    codec: 'none',
    digest: null,
    inBytes: i,
    canonicalBytes: i,
    outBytes: i,
  })
  const measure = (stamps: boolean): number => {
    const stop = cpuMeter().start()
    for (let i = 0; i < calls * 10; i++) {
      const outcome = make(i)
      if (stamps) answeredBy(outcome, via)
      sink[i % 64] = outcome
    }
    return stop() / (calls * 10)
  }
  measure(true)
  const added = median(Array.from({ length: rounds }, () => measure(true) - measure(false)))
  return { name: 'nothing switched on: `via`', us: added, addedUs: added }
}

async function turn(processor: Processor, payload: Uint8Array): Promise<number> {
  const stop = cpuMeter().start()
  for (let i = 0; i < calls; i++) {
    const outcome = await processor.process(payload)
    if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
  }
  return stop() / calls
}

export function layerTargets(rows: readonly LayerRow[]): Target[] {
  const target = (start: string, maxUs: number): Target => {
    const row = rows.find(({ name }) => name.startsWith(start))
    return {
      name: start,
      target: `≤ ${maxUs} µs a call`,
      measured: row === undefined ? null : `${row.addedUs.toFixed(2)} µs`,
      met: row === undefined ? null : row.addedUs <= maxUs,
    }
  }
  return [
    target('rollout, all layers', 3),
    target('nothing switched on: `stats`', 0.5),
    target('nothing switched on: `via`', 0.5),
  ]
}

export const layerText = (rows: readonly LayerRow[]): string =>
  rows
    .map(
      ({ name, us, addedUs }) =>
        `${name.padEnd(28)}  ${us.toFixed(2).padStart(6)} µs  + ${addedUs.toFixed(2).padStart(5)} µs`,
    )
    .join('\n')
