// `--stages`: the time of each stage, of both engines and of libraries, for each payload set. Set by set, first the
// contenders in this process, then those in Rust.

import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createHost } from 'sidelane'
import { describeMachine } from '../../src/measure/machine.ts'
import { peerPackages } from '../report/header.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import { stageInput } from '../stages/contract.ts'
import { libraries } from '../stages/libraries.ts'
import { jsStages, wholeEngines } from '../stages/our-engines.ts'
import { measureStages } from '../stages/rounds.ts'
import { toRows, type Measured, type StageRow } from '../stages/row.ts'
import { buildStagePeers, runStagePeers, stagePeerVersions, type Processor } from '../stages/rust-peers.ts'
import type { StageHeader } from '../stages/text.ts'

export interface StageOptions {
  readonly rounds: number
  readonly minRounds: number
  /** For all sets together, verification included, after the build. */
  readonly budgetMs: number
  readonly seed: number
  readonly onProgress: (what: string, done: number) => void
}

export interface StageResults {
  readonly header: StageHeader
  readonly stages: readonly StageRow[]
}

export async function stages(sets: readonly PayloadSet[], options: StageOptions): Promise<StageResults> {
  const engines = await engineLines()
  const missing = await buildStagePeers((text) => options.onProgress(text, 0))
  const from = performance.now()
  const rows: StageRow[] = []
  const reports: StageHeader['sets'][number][] = []
  let processor: Processor | undefined
  for (const [index, set] of sets.entries()) {
    // Time that one set used too much is taken from the next ones.
    const leftMs = Math.max(1, options.budgetMs - (performance.now() - from)) / (sets.length - index)
    const one = await stagesOf(set, leftMs, missing === undefined, {
      ...options,
      onProgress: (what, part) => options.onProgress(`${set.name}: ${what}`, (index + part) / sets.length),
    })
    rows.push(...one.rows)
    reports.push(one.report)
    processor ??= one.processor
  }
  const rounds = rows.map((row) => row.rounds)
  const header: StageHeader = {
    machine: describeMachine(peerPackages),
    sha: [
      ...(processor === undefined ? [] : [`native: ${processor.sha}`]),
      `node:crypto and the js engine: OpenSSL ${process.versions.openssl}`,
    ].join('; '),
    engines,
    rust: missing ?? stagePeerVersions(),
    rounds: [Math.min(...rounds), Math.max(...rounds)],
    seed: options.seed,
    sets: reports,
  }
  return { header, stages: rows }
}

async function stagesOf(
  set: PayloadSet,
  budgetMs: number,
  hasRust: boolean,
  { rounds, minRounds, onProgress }: StageOptions,
): Promise<{ rows: StageRow[]; report: StageHeader['sets'][number]; processor: Processor | undefined }> {
  const from = performance.now()
  onProgress('verify', 0)
  const input = await stageInput(set)
  const count = input.payloads.length
  const leftOut = new Map<string, string>()
  const own = await wholeEngines(input, leftOut)
  const measured: Measured[] = []
  try {
    const contenders = [...libraries(set.contract, input, leftOut), ...jsStages(input, leftOut), ...own.contenders]
    const restMs = Math.max(1, budgetMs - (performance.now() - from))
    const plan = { rounds, minRounds, budgetMs: hasRust ? restMs / 2 : restMs }
    const onRound = (done: number, of: number): void => onProgress(`round ${done} of ${of}`, (0.5 * done) / of)
    measured.push(...(await measureStages(contenders, count, { ...plan, onRound })))
  } finally {
    await own.close()
  }
  let processor: Processor | undefined
  if (hasRust) {
    onProgress('Rust libraries', 0.5)
    const rust = await runStagePeers(input, {
      rounds,
      minRounds,
      budgetMs: Math.max(1, budgetMs - (performance.now() - from)),
    })
    measured.push(...rust.measured)
    processor = rust.processor
  }
  const bytes = {
    payload: input.payloads.reduce((sum, payload) => sum + payload.length, 0) / count,
    canonical: input.canonical.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / count,
  }
  const { name, origin } = set
  const report = { name, origin, count, meanBytes: bytes.payload, leftOut: Object.fromEntries(leftOut) }
  return { rows: toRows(set, bytes, measured), report, processor }
}

/** One line for each engine: why it was chosen, or why it is absent. */
async function engineLines(): Promise<StageHeader['engines']> {
  const lines: { name: string; text: string }[] = []
  for (const engine of ['js', 'native'] as const) {
    try {
      await using host = await createHost({ engine })
      lines.push({ name: engine, text: host.engine.reason })
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'engine.unavailable') throw error
      lines.push({ name: engine, text: `absent: ${error instanceof Error ? error.message : String(error)}` })
    }
  }
  return lines
}
