// What the demonstration has found: for JSON and as a table.

import { p95Of, type Load, type Stage } from './load.ts'

/** Going back may take so long, from the guard or the command to the last call of the candidate. */
const maxBackMs = 1000

/** A guard that went back. */
export interface Trip {
  readonly guard: string
  readonly reason: string
  readonly from: number
  readonly to: number
  /** Until the last call of the candidate was answered. */
  readonly backMs: number
}

interface StageResult {
  readonly percent: number
  readonly what: string
  readonly calls: number
  readonly byOld: number
  readonly byNew: number
  readonly byFallback: number
  readonly lost: number
  readonly p95Ms: number
}

export interface Result {
  readonly seed: number
  readonly rate: number
  readonly offered: number
  readonly byOld: number
  readonly byNew: number
  readonly byFallback: number
  readonly lost: number
  /** Answers with the wrong verdict. */
  readonly wrong: number
  /** The guard that tripped first. */
  readonly guard: string | null
  /** The longest way back after a guard; null: none tripped. */
  readonly rollbackMs: number | null
  /** The way back after `sidelane rollout stop`. */
  readonly stopMs: number
  readonly trips: readonly Trip[]
  readonly stages: readonly StageResult[]
  readonly passed: boolean
}

export interface Found {
  readonly load: Load
  readonly trips: readonly Trip[]
  readonly stopMs: number
  readonly seed: number
  readonly rate: number
}

export function resultOf({ load, trips, stopMs, seed, rate }: Found): Result {
  const stages = load.stages.map(stageOf)
  const sum = (of: (stage: StageResult) => number): number => stages.reduce((total, stage) => total + of(stage), 0)
  const totals = {
    offered: sum(({ calls }) => calls),
    byOld: sum(({ byOld }) => byOld),
    byNew: sum(({ byNew }) => byNew),
    byFallback: sum(({ byFallback }) => byFallback),
    lost: sum(({ lost }) => lost),
    wrong: load.stages.reduce((total, { wrong }) => total + wrong, 0),
  }
  const rollbackMs = trips.length === 0 ? null : Math.max(...trips.map(({ backMs }) => backMs))
  const passed =
    totals.lost === 0 && totals.wrong === 0 && rollbackMs !== null && rollbackMs <= maxBackMs && stopMs <= maxBackMs
  return { seed, rate, ...totals, guard: trips[0]?.guard ?? null, rollbackMs, stopMs, trips, stages, passed }
}

const stageOf = (stage: Stage): StageResult => ({
  percent: stage.percent,
  what: stage.what,
  calls: stage.calls,
  byOld: stage.by.old,
  byNew: stage.by.new,
  byFallback: stage.by.fallback,
  lost: stage.lost,
  p95Ms: Math.round(p95Of(stage) * 100) / 100,
})

export function table({ stages, trips, rollbackMs, stopMs, passed, ...totals }: Result): string {
  const head = ['percent', 'calls', 'old', 'new', 'fallback', 'lost', 'p95 ms', '']
  const rows = stages.map(({ percent, what, calls, byOld, byNew, byFallback, lost, p95Ms }) => [
    ...[percent, calls, byOld, byNew, byFallback, lost, p95Ms].map(String),
    what,
  ])
  const { offered, byOld, byNew, byFallback, lost, wrong } = totals
  rows.push([...['all', offered, byOld, byNew, byFallback, lost].map(String), '', ''])
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === head.length - 1 ? cell : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd()
  return [
    ...[head, ...rows].map(line),
    '',
    ...trips.map(({ reason, from, to, backMs }) => `guard: ${reason}: ${from} → ${to} % in ${backMs} ms`),
    `rollout stop: in ${stopMs} ms`,
    `${offered} offered, ${lost} lost, ${wrong} wrong; back within ${rollbackMs ?? '–'} ms: ${passed ? 'passed' : 'FAILED'}`,
    '',
  ].join('\n')
}
