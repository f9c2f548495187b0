// `--sidecar`: the cost of a payload behind a socket, for both daemons, framed and over HTTP, beside services built
// with Axum. Each service and each client is a separate process; they take turns, round by round.

import type { Contract } from 'sidelane'
import { ourContract } from '../contracts/ours.ts'
import type { ContractRef } from '../contracts/sources.ts'
import type { Contender, Digest } from '../../src/measure/contender.ts'
import { startChild, type Child } from '../../src/measure/child.ts'
import { cpuUsOf, pssOf } from '../../src/measure/processes.ts'
import type { Timing } from '../../src/measure/slots.ts'
import type { Reference } from '../measure/verify.ts'
import { median } from '../../src/util/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import { seeded } from '../payloads/random.ts'
import type { ClientAnswers } from '../sidecar/client-child.ts'
import { isFloor, isPeer, socketIds, type SocketId } from '../sidecar/ids.ts'
import { missingService, startService, type DaemonOptions, type Service } from '../sidecar/services.ts'
import { examine } from './compare.ts'
import { shares, type RateRow } from './open-loop.ts'

export interface SidecarRow {
  readonly id: SocketId
  readonly side: Contender['side']
  readonly digest: Digest
  /** Calls in flight. */
  readonly depth: number
  readonly payloadsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  /** CPU time of the client's main thread for each payload, the median of the rounds. */
  readonly clientUs: number
  /** CPU time of all threads of the service for each payload, the median of the rounds. */
  readonly daemonUs: number
  /** Payloads a second for one core of the service. */
  readonly payloadsPerDaemonSecond: number
  /** Proportional set size after the last round, in bytes. */
  readonly clientPss: number
  readonly daemonPss: number
  readonly outBytes: number
  readonly rounds: number
  readonly calls: number
}

export interface TurnPlan {
  readonly rounds: number
  readonly depths: readonly number[]
  readonly budgetMs: number
  readonly onStep: (what: string, done: number) => void
  /** Runs in each round, among the others. */
  readonly beside?: () => Promise<void>
}

export interface SidecarPlan extends TurnPlan {
  readonly wanted: ReadonlySet<string>
  /** The reason why no peer can run here; undefined when they are built. */
  readonly missingPeers: string | undefined
  /** Adds fixed rates, below the best rate of each contender. */
  readonly fixedRates: boolean
}

export interface Sidecars {
  readonly rows: readonly SidecarRow[]
  readonly rates: readonly RateRow[]
  /** Contenders whose service cannot run here, with the reason. */
  readonly leftOut: Readonly<Record<string, string>>
}

/** All compute the digest, so that the work is equal. */
const digest: Digest = 'sha-256'

/** A service with its client. */
export interface Pair {
  readonly id: SocketId
  readonly service: Service
  readonly client: Child<ClientAnswers>
  readonly outBytes: number
  readonly daemonUs: Map<number, number[]>
}

export async function sidecars(set: PayloadSet, plan: SidecarPlan): Promise<Sidecars> {
  const leftOut: Record<string, string> = {}
  const pairs: Pair[] = []
  const work = await workOf(set)
  try {
    for (const id of socketIds.filter((name) => plan.wanted.has(name))) {
      const missing = cannot(id, set) ?? (isPeer(id) ? plan.missingPeers : missingService(id))
      if (missing === undefined) pairs.push(await pairUp(id, work))
      else leftOut[id] = missing
    }
    await takeTurns(pairs, plan)
    const rows: SidecarRow[] = []
    for (const pair of pairs) for (const depth of plan.depths) rows.push(await rowOf(pair, depth))
    return { rows, rates: plan.fixedRates ? await fixedRates(pairs, rows, plan.onStep) : [], leftOut }
  } finally {
    for (const pair of pairs) await part(pair)
  }
}

/** The hand-written peer supports one contract only. */
export function cannot(id: SocketId, { contract }: PayloadSet): string | undefined {
  const isOrders = 'source' in contract && contract.source === 'orders'
  return id.startsWith('axum-http') && !isOrders ? 'it knows the order events only' : undefined
}

/** The work of a service and its client, and the expected outcomes. */
export interface Work {
  readonly contract: Contract
  /** The contract's location for the client; null: a contract that accepts anything. */
  readonly ref: ContractRef | null
  readonly digest: Digest
  readonly payloads: readonly Uint8Array[]
  readonly references: readonly Reference[]
}

export async function workOf(set: PayloadSet): Promise<Work> {
  const contract = ourContract(set.contract, digest)
  const { payloads, references } = await examine(set, contract)
  return { contract, ref: set.contract, digest, payloads, references }
}

/** Starts both, and lets the client verify every outcome. */
export async function pairUp(
  id: SocketId,
  { contract, ref, ...work }: Work,
  options: DaemonOptions = {},
): Promise<Pair> {
  const service = await startService(id, contract, work.digest, options)
  const client = startChild<ClientAnswers>(new URL('../sidecar/client-child.js', import.meta.url))
  try {
    const { socket, port, tls } = service
    const { codec } = contract.lock.compress
    const { passBytes } = await client.ask('start', {
      id,
      contract: ref,
      codec,
      target: { socket, port, tls },
      ...work,
    })
    return { id, service, client, outBytes: passBytes / work.payloads.length, daemonUs: new Map() }
  } catch (error) {
    await part({ client, service })
    throw error
  }
}

/** Stops both. */
export async function part({ client, service }: Pick<Pair, 'client' | 'service'>): Promise<void> {
  await client.end()
  await service.stop()
}

/** The equivalent of measure/rounds.ts for several processes: warm up all, then rounds, each in another order. */
export async function takeTurns(pairs: readonly Pair[], plan: TurnPlan): Promise<void> {
  const { rounds, depths, budgetMs, onStep, beside } = plan
  const variants = pairs.flatMap((pair) => depths.map((depth) => ({ pair, depth })))
  // The warm-up takes one and a half slots, a round one.
  const slotMs = budgetMs / variants.length / (rounds + 1.5)
  const slots = variants.length * (rounds + 1)
  let done = 0
  for (const { pair, depth } of variants) {
    onStep(`sidecar: warm up ${pair.id}`, done++ / slots)
    await pair.client.ask('warm', depth, slotMs, rounds)
  }
  const chance = seeded(rounds)
  for (let round = 0; round < rounds; round++) {
    await beside?.()
    for (const { pair, depth } of chance.shuffled(variants)) {
      onStep(`sidecar: round ${round + 1} of ${rounds}`, done++ / slots)
      const before = cpuUsOf(pair.service.pid)
      const calls = await pair.client.ask('slot', depth, round)
      const us = (cpuUsOf(pair.service.pid) - before) / calls
      pair.daemonUs.set(depth, [...(pair.daemonUs.get(depth) ?? []), us])
    }
  }
}

async function rowOf({ id, service, client, outBytes, daemonUs }: Pair, depth: number): Promise<SidecarRow> {
  const timing: Timing = await client.ask('summary', depth)
  // The other side of the floor waits instead of working.
  const us = isFloor(id) ? Number.NaN : median(daemonUs.get(depth) ?? [])
  return {
    id,
    side: isFloor(id) ? 'floor' : isPeer(id) ? 'peer' : 'ours',
    digest,
    depth,
    payloadsPerSecond: 1e6 / timing.usPerPayload,
    p50Us: timing.p50Us,
    p99Us: timing.p99Us,
    clientUs: timing.mainThreadUs,
    daemonUs: us,
    payloadsPerDaemonSecond: 1e6 / us,
    clientPss: pssOf(client.pid),
    daemonPss: isFloor(id) ? Number.NaN : await service.pss(),
    outBytes,
    rounds: timing.rounds,
    calls: timing.calls,
  }
}

/** Without the floor: it is a closed loop, with places for so many calls as that has in flight. */
async function fixedRates(
  pairs: readonly Pair[],
  rows: readonly SidecarRow[],
  onStep: TurnPlan['onStep'],
): Promise<RateRow[]> {
  const found: RateRow[] = []
  const open = pairs.filter(({ id }) => !isFloor(id))
  for (const [i, { id, client }] of open.entries()) {
    onStep(`sidecar: fixed rates of ${id}`, i / open.length)
    const capacity = Math.max(...rows.filter((row) => row.id === id).map((row) => row.payloadsPerSecond))
    for (const share of shares) found.push(await client.ask('rate', capacity, share))
  }
  return found
}
