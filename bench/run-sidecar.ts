// The commands that start other processes: both daemons beside their peers, and the endpoint before and after.

import type { Args } from './args.ts'
import { beforeAfter, type BeforeAfter } from './cases/before-after.ts'
import { framing, framingTargets, type Framing } from './cases/framing.ts'
import { openLoopText, type RateRow } from './cases/open-loop.ts'
import { daemonMemory, daemonMemoryText, type DaemonMemory } from './cases/sidecar-memory.ts'
import { cannot, sidecars, type SidecarRow } from './cases/sidecar.ts'
import { startChild } from '../src/measure/child.ts'
import { median } from '../src/util/stats.ts'
import { wakeProbe, type WakeProbe } from './measure/wake.ts'
import type { PayloadSet } from './payloads/sets.ts'
import { beforeAfterTargets, beforeAfterText, endpointVerdict } from './report/before-after.ts'
import { progress, type Progress } from './report/progress.ts'
import { sidecarTargets, sidecarText } from './report/sidecar.ts'
import { figure } from './report/table.ts'
import { buildAxum } from './sidecar/axum.ts'
import type { BareAnswers } from './sidecar/bare-child.ts'
import { isPeer, isSleeper, isTls, socketIds } from './sidecar/ids.ts'
import { targetList, type Target } from './targets.ts'

/** The part of the JSON file for the sidecar. */
export interface SidecarResult {
  readonly sidecar: readonly SidecarRow[]
  readonly rates: readonly RateRow[]
  readonly framing: readonly Framing[]
  readonly targets: readonly Target[]
  readonly leftOut: Readonly<Record<string, string>>
  readonly wake: WakeProbe
  /** The cost of a bare socket for a client's main thread at depth 1, in µs. */
  readonly bareUs: number
}

/** Builds the selected peers that know the payloads. The reason why they are missing; undefined when they are built. */
async function buildPeers(wanted: ReadonlySet<string>, set: PayloadSet, tell: Progress): Promise<string | undefined> {
  const needed = socketIds.some((id) => isPeer(id) && wanted.has(id) && cannot(id, set) === undefined)
  return needed ? await buildAxum((what) => tell.at(what, 0)) : undefined
}

/** All depths, after building the peers if Rust is installed; with `--full` also fixed rates. */
export async function runSidecar(
  args: Args,
  wanted: ReadonlySet<string>,
  set: PayloadSet,
  print: (text: string) => void,
): Promise<SidecarResult> {
  const tell = progress()
  const onStep = (what: string, part: number): void => tell.at(what, part)
  const missingPeers = await buildPeers(wanted, set, tell)
  const wake = await wakeProbe()
  const budgetMs = args.budgetMs ?? 55_000
  const rounds = args.rounds ?? 7
  const bare = startChild<BareAnswers>(new URL('sidecar/bare-child.js', import.meta.url))
  const bareUs: number[] = []
  const beside = async (): Promise<void> => void bareUs.push(await bare.ask('slot', bareSlotMs))
  // Warm-up: compiled code, grown socket buffers.
  await bare.ask('slot', bareSlotMs)
  const plan = { rounds, depths: [64, 8, 1], budgetMs: budgetMs * 0.9, onStep, beside }
  const { rows, rates, leftOut } = await sidecars(set, { ...plan, wanted, missingPeers, fixedRates: args.full })
  await bare.end()
  const framed = await framing(wanted, { rounds, budgetMs: budgetMs * 0.1, onStep })
  tell.end()
  const targets = [...sidecarTargets(rows), ...framingTargets(framed)]
  printRows(set, rows, leftOut, print)
  print(`\nA thread is woken and answers in ${figure(wake.p50Us)} µs (p50): the floor of every row at depth 1.`)
  const [least, most] = [Math.min(...bareUs), Math.max(...bareUs)]
  print(
    `A bare socket, 4 KB there and 1.4 KB back 35 µs later, costs its client ${figure(median(bareUs))} µs (${figure(least)} to ${figure(most)}) at depth 1:`,
  )
  print('the floor of that column for every service that sleeps in between, as that one does.')
  if (rates.length > 0) print(`\nfixed rates behind a socket\n${openLoopText(rates)}`)
  print(`\nto reach\n${targetList(targets)}`)
  return { sidecar: rows, rates, framing: framed, targets, leftOut, wake, bareUs: median(bareUs) }
}

const bareSlotMs = 200

/** The short form at the end of the quick run: two depths, three rounds, no targets. */
export async function quickSidecar(
  args: Args,
  wanted: ReadonlySet<string>,
  set: PayloadSet,
  print: (text: string) => void,
): Promise<readonly SidecarRow[]> {
  const some = args.only === undefined ? socketIds.filter((id) => !isSleeper(id) && !isTls(id)) : socketIds
  const ids = new Set(some.filter((id) => wanted.has(id)))
  if (ids.size === 0) return []
  const tell = progress()
  const missingPeers = await buildPeers(ids, set, tell)
  const plan = { rounds: args.rounds ?? 3, depths: [64, 1], budgetMs: Math.min(7000, args.budgetMs ?? 7000) }
  const onStep = (what: string, part: number): void => tell.at(what, part)
  const { rows, leftOut } = await sidecars(set, { ...plan, wanted: ids, missingPeers, fixedRates: false, onStep })
  tell.end()
  print('')
  printRows(set, rows, leftOut, print)
  return rows
}

function printRows(
  set: PayloadSet,
  rows: readonly SidecarRow[],
  leftOut: Readonly<Record<string, string>>,
  print: (text: string) => void,
): void {
  print(`behind a socket, ${set.name}, digest sha-256, a client process for each`)
  for (const [id, why] of Object.entries(leftOut)) print(`left out  ${id}: ${why}`)
  if (rows.length > 0) print(sidecarText(rows))
}

export async function runDaemonMemory(
  args: Args,
  wanted: ReadonlySet<string>,
  print: (text: string) => void,
): Promise<DaemonMemory[]> {
  const tell = progress()
  const list = await daemonMemory(wanted, args.seed, (what, part) => tell.at(what, part))
  tell.end()
  if (list.length > 0) print(`\nmemory of the daemons, order events\n${daemonMemoryText(list)}`)
  return list
}

export interface EndpointResult extends BeforeAfter {
  readonly verdict: string
  readonly targets: readonly Target[]
}

/** The project's own targets are printed with `--targets` only. */
export async function runBeforeAfter(
  args: Args,
  set: PayloadSet,
  print: (text: string) => void,
): Promise<EndpointResult> {
  const tell = progress()
  const result = await beforeAfter(set, {
    rounds: args.rounds ?? 5,
    budgetMs: args.budgetMs ?? 60_000,
    onStep: (what, part) => tell.at(what, part),
  })
  tell.end()
  const targets = args.targets ? beforeAfterTargets(result.rows) : []
  const verdict = endpointVerdict(result.rows)
  print(`${beforeAfterText(result)}\n\n${verdict}`)
  if (targets.length > 0) print(`\nto reach\n${targetList(targets)}`)
  return { ...result, verdict, targets }
}
