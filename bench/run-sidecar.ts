// The commands that need other processes: both daemons beside their peers, and the endpoint before and after.

import { writeFileSync } from 'node:fs'
import type { Args } from './args.ts'
import { beforeAfter } from './cases/before-after.ts'
import { framing, framingTargets } from './cases/framing.ts'
import { openLoopText } from './cases/open-loop.ts'
import { daemonMemory, daemonMemoryText, type DaemonMemory } from './cases/sidecar-memory.ts'
import { sidecars } from './cases/sidecar.ts'
import { wakeProbe } from './measure/wake.ts'
import type { PayloadSet } from './payloads/sets.ts'
import { beforeAfterTargets, beforeAfterText, endpointVerdict } from './report/before-after.ts'
import { progress } from './report/progress.ts'
import { sidecarTargets, sidecarText } from './report/sidecar.ts'
import { figure } from './report/table.ts'
import { buildAxum } from './sidecar/axum.ts'
import { isPeer, socketIds } from './sidecar/ids.ts'
import { targetList, type Target } from './targets.ts'

/** Builds the peers first, where there is Rust. */
export async function runSidecar(
  args: Args,
  wanted: ReadonlySet<string>,
  set: PayloadSet,
  print: (text: string) => void,
): Promise<Target[]> {
  const tell = progress()
  const onStep = (what: string, part: number): void => tell.at(what, part)
  const missing = socketIds.some((id) => isPeer(id) && wanted.has(id))
    ? buildAxum((what) => onStep(what, 0))
    : undefined
  const wake = await wakeProbe()
  const budgetMs = args.budgetMs ?? 55_000
  const rounds = args.rounds ?? 7
  const plan = { rounds, depths: [64, 8, 1], budgetMs: budgetMs * 0.9, onStep }
  const { rows, rates, leftOut } = await sidecars(set, socketIds, { ...plan, wanted, fixedRates: args.full })
  const framed = await framing(wanted, { rounds, budgetMs: budgetMs * 0.1, onStep })
  tell.end()
  const targets = [...sidecarTargets(rows), ...framingTargets(framed)]
  for (const [id, why] of Object.entries(leftOut)) print(`left out  ${id}: ${missing ?? why}`)
  print(`behind a socket, ${set.name}, digest sha-256, a client process for each\n${sidecarText(rows)}`)
  print(`\nA thread is woken and answers in ${figure(wake.p50Us)} µs (p50): the floor of every row at depth 1.`)
  if (rates.length > 0) print(`\nfixed rates\n${openLoopText(rates)}`)
  print(`\nto reach\n${targetList(targets)}`)
  const result = { sidecar: rows, rates, framing: framed, targets, leftOut, wake }
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(result, null, 2)}\n`)
  return targets
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

export async function runBeforeAfter(args: Args, print: (text: string) => void): Promise<Target[]> {
  const tell = progress()
  const result = await beforeAfter({
    seed: args.seed,
    rounds: args.rounds ?? 5,
    budgetMs: args.budgetMs ?? 60_000,
    onStep: (what, part) => tell.at(what, part),
  })
  tell.end()
  const targets = beforeAfterTargets(result.rows)
  const verdict = endpointVerdict(result.rows)
  print(`${beforeAfterText(result)}\n\n${verdict}\n\nto reach\n${targetList(targets)}`)
  const file = { ...result, verdict, targets }
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(file, null, 2)}\n`)
  return targets
}
