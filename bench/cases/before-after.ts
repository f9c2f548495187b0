// `--before-after`: one Fastify endpoint does the work in four ways, under the same load from another process: half of
// what it carries today. Compares the cost of each way for the app and for the machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poolThreads } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import type { ContractRef } from '../contracts/sources.ts'
import type { AppAnswers } from '../endpoint/app-child.ts'
import { ways, type Way } from '../endpoint/ids.ts'
import type { Load, LoadAnswers } from '../endpoint/load-child.ts'
import { startChild, type Child } from '../../src/measure/child.ts'
import { cpuUsOf, rssOf } from '../../src/measure/processes.ts'
import { median } from '../../src/util/stats.ts'
import { verify } from '../measure/verify.ts'
import { BadPayloads, type PayloadSet } from '../payloads/sets.ts'
import { zodZlibPeer } from '../peers/zod-zlib.ts'
import { seeded } from '../payloads/random.ts'
import { missingService, startService, type Service } from '../sidecar/services.ts'
import { examine } from './compare.ts'

export interface EndpointRow {
  readonly way: Way
  /** Resident bytes. */
  readonly appRss: number
  readonly sidecarRss: number
  readonly gcP95Ms: number
  /** CPU of the main thread, for 1,000 requests. */
  readonly gcMsPer1000: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly stallP99Ms: number
  /** CPU time of app and sidecar together, for 1,000 requests. */
  readonly cpuMsPer1000: number
}

export interface BeforeAfter {
  readonly payloads: {
    /** Name of the payload set. */
    readonly name: string
    readonly origin: string
    readonly count: number
    readonly meanBytes: number
    /** Payloads that the contract rejects; they are not sent. */
    readonly refused: number
  }
  /** The daemon behind `sidecar`. */
  readonly daemon: 'sidecar-rust' | 'sidecar-node'
  /** The capacity of `zod+zlib`, and the load of every row. */
  readonly capacityPerSecond: number
  readonly perSecond: number
  readonly rounds: number
  readonly rows: readonly EndpointRow[]
}

export interface BeforeAfterPlan {
  readonly rounds: number
  readonly budgetMs: number
  readonly onStep: (what: string, done: number) => void
}

/** A fraction of today's capacity. */
const share = 0.5

interface App {
  readonly way: Way
  readonly child: Child<AppAnswers>
  readonly port: number
  readonly service: Service | undefined
  readonly rounds: EndpointRow[]
}

export async function beforeAfter(
  set: PayloadSet,
  { rounds, budgetMs, onStep }: BeforeAfterPlan,
): Promise<BeforeAfter> {
  const { payloads, refused } = await accepted(set)
  const daemon = missingService('sidecar-rust') === undefined ? 'sidecar-rust' : 'sidecar-node'
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  const load = startChild<LoadAnswers>(new URL('../endpoint/load-child.js', import.meta.url))
  const apps: App[] = []
  // Measuring the capacity takes half a round, the warm-up a whole one.
  const stretchMs = budgetMs / ways.length / (rounds + 1.5)
  try {
    await load.ask('start', payloads)
    const start = (way: Way): Promise<App> => startApp(way, set.contract, join(folder, 'contract.lock.json'), daemon)
    onStep('before and after: capacity', 0)
    const capacityPerSecond = await capacityOf(load, () => start('zod+zlib'), stretchMs)
    const perSecond = capacityPerSecond * share
    for (const way of ways) apps.push(await start(way))
    for (const app of apps) {
      onStep(`before and after: warm up ${app.way}`, 0.5 / (rounds + 1.5))
      await underLoad(app, load, stretchMs, perSecond)
    }
    const chance = seeded(rounds)
    for (let round = 0; round < rounds; round++) {
      for (const app of chance.shuffled(apps)) {
        onStep(`before and after: round ${round + 1} of ${rounds}`, (round + 1.5) / (rounds + 1.5))
        app.rounds.push(await underLoad(app, load, stretchMs, perSecond))
      }
    }
    const { name, origin } = set
    const meanBytes = payloads.reduce((sum, payload) => sum + payload.length, 0) / payloads.length
    const measured = { name, origin, count: payloads.length, meanBytes, refused }
    return { payloads: measured, daemon, capacityPerSecond, perSecond, rounds, rows: apps.map(middle) }
  } finally {
    for (const { child, service } of apps) {
      await child.end()
      await service?.stop()
    }
    await load.end()
    rmSync(folder, { recursive: true })
  }
}

/** The payloads that the contract accepts. Throws `BadPayloads` when today's way does not do the same work. */
async function accepted(set: PayloadSet): Promise<{ payloads: readonly Buffer[]; refused: number }> {
  const contract = ourContract(set.contract, 'none')
  const { payloads, references, refused } = await examine(set, contract)
  try {
    await verify(zodZlibPeer(set.contract, 1), payloads, references, contract.lock.compress.codec)
  } catch (error) {
    // zod may read the lock of the user differently.
    if (!('lockFile' in set.contract)) throw error
    throw new BadPayloads(
      `zod+zlib cannot do the work of this contract: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return { payloads, refused }
}

async function startApp(way: Way, ref: ContractRef, lockFile: string, daemon: BeforeAfter['daemon']): Promise<App> {
  const contract = ourContract(ref, 'none')
  writeFileSync(lockFile, JSON.stringify(contract.lock))
  const service = way === 'sidecar' ? await startService(daemon, contract, 'none') : undefined
  const child = startChild<AppAnswers>(new URL('../endpoint/app-child.js', import.meta.url))
  const start = { way, contract: ref, lockFile, threads: poolThreads(), socket: service?.socket ?? '' } as const
  return { way, child, port: await child.ask('start', start), service, rounds: [] }
}

/** Only the capacity of today's app is measured here: the memory after a full load would distort the rows. */
async function capacityOf(load: Child<LoadAnswers>, start: () => Promise<App>, lengthMs: number): Promise<number> {
  const app = await start()
  try {
    await load.ask('closedLoop', app.port, lengthMs)
    const { perSecond } = await load.ask('closedLoop', app.port, lengthMs)
    return perSecond
  } finally {
    await app.child.end()
  }
}

async function underLoad(
  app: App,
  load: Child<LoadAnswers>,
  lengthMs: number,
  perSecond: number,
): Promise<EndpointRow> {
  const { way, child, service, port } = app
  const cpuUs = (): number => cpuUsOf(child.pid) + (service === undefined ? 0 : cpuUsOf(service.pid))
  await child.ask('reset')
  const before = cpuUs()
  const result: Load = await load.ask('openLoop', port, lengthMs, perSecond)
  const spentUs = cpuUs() - before
  if (result.failed > 0) throw new Error(`${way}: ${result.failed} of ${result.requests} requests failed`)
  const { gcP95Ms, gcMs, stallP99Ms } = await child.ask('pauses')
  return {
    way,
    appRss: rssOf(child.pid),
    sidecarRss: service === undefined ? 0 : rssOf(service.pid),
    gcP95Ms,
    gcMsPer1000: (gcMs * 1000) / result.requests,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    p99Ms: result.p99Ms,
    stallP99Ms,
    cpuMsPer1000: spentUs / result.requests,
  }
}

/** Each value is the median of the rounds. */
function middle({ way, rounds }: App): EndpointRow {
  const of = (pick: (row: EndpointRow) => number): number => median(rounds.map(pick))
  return {
    way,
    appRss: of((row) => row.appRss),
    sidecarRss: of((row) => row.sidecarRss),
    gcP95Ms: of((row) => row.gcP95Ms),
    gcMsPer1000: of((row) => row.gcMsPer1000),
    p50Ms: of((row) => row.p50Ms),
    p95Ms: of((row) => row.p95Ms),
    p99Ms: of((row) => row.p99Ms),
    stallP99Ms: of((row) => row.stallP99Ms),
    cpuMsPer1000: of((row) => row.cpuMsPer1000),
  }
}
