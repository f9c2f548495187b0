// Asks the placement rule about the measured rows: with the medians, and at both ends of their intervals. Pure functions.

import { choosePlacement, type Limits, type MeasuredRates, type Ruling, type Way } from './placement-rule.ts'
import type { OptionRow, RateFacts, Use } from './record.ts'

export type RowWay = Way & { readonly row: OptionRow }
/** Which end of their intervals the costs of our options are taken from. */
type CostBound = 'high' | 'middle' | 'low'

export interface JudgeInput {
  readonly rows: readonly OptionRow[]
  readonly rate: RateFacts
  readonly limits: Limits
  /** Of the runs at rates; undefined: they come later. */
  readonly measured?: MeasuredRates | undefined
}

export interface Judged {
  readonly ruling: Ruling<RowWay>
  /** The cheaper one of both ways of today: that z.compile helps is no merit of ours. */
  readonly today: OptionRow | undefined
  /** What the rule says at the ends of the intervals; one entry: the noise does not matter. */
  readonly uses: readonly Use[]
}

export function judge({ rows, rate, limits, measured }: JudgeInput): Judged {
  const today = cheapestToday(rows)
  const inline = rows.flatMap((row) => wayOf(row, 'middle')).filter(({ placement }) => placement === 'inline')
  const best = Math.min(...inline.map(({ costUs }) => costUs))
  const computed = {
    payFrom: today === undefined ? null : positive((limits.minCores * 1e6) / (today.cpuUs.median - best)),
    leaveFrom: positive((limits.maxMainShare * 1e6) / best),
  }
  const at = (bound: CostBound): Ruling<RowWay> =>
    choosePlacement({
      today: today && { costUs: today.cpuUs.median, mainUs: today.mainUs.median },
      ways: rows.flatMap((row) => wayOf(row, bound)),
      rate: rate.isGiven ? rate.perSecond : null,
      limits,
      measured: measured && atBound(measured, computed, bound),
    })
  const ruling = at('middle')
  const uses = [...new Set([ruling.use, at('low').use, at('high').use])]
  return { ruling, today, uses }
}

/** Runs at a rate agree within 15 %: half of that to each side. */
const rateError = 0.075

/**
 * A call of a thread that sleeps in between costs more than one of a busy thread, and the app is somewhere between: what
 * lies between both rates is undecided.
 */
function atBound({ payFrom, leaveFrom }: MeasuredRates, computed: MeasuredRates, bound: CostBound): MeasuredRates {
  const at = (found: number | null, busy: number | null, isLow: boolean): number | null => {
    if (found === null || bound === 'middle') return found
    const ends = [found * (isLow ? 1 - rateError : 1 + rateError), busy ?? found]
    return isLow ? Math.min(...ends) : Math.max(...ends)
  }
  return {
    payFrom: at(payFrom, computed.payFrom, bound === 'low'),
    leaveFrom: at(leaveFrom, computed.leaveFrom, bound === 'high'),
  }
}

const positive = (value: number): number | null => (value > 0 && Number.isFinite(value) ? value : null)

export function cheapestToday(rows: readonly OptionRow[]): OptionRow | undefined {
  const plain = rows.find(({ id }) => id === 'today')
  const compiled = rows.find(({ id }) => id === 'today-compiled')
  return compiled !== undefined && (plain === undefined || compiled.cpuUs.median < 0.95 * plain.cpuUs.median)
    ? compiled
    : plain
}

function wayOf(row: OptionRow, bound: CostBound): RowWay[] {
  const { placement, engine, speedup } = row
  if (placement === 'today' || engine === null) return []
  const speedupAt = { high: speedup.low, middle: speedup.median, low: speedup.high }[bound]
  const factor = speedup.median / speedupAt
  const memoryBytes = row.appBytes === null || row.sidecarBytes === null ? null : row.appBytes + row.sidecarBytes
  return [
    {
      placement,
      engine,
      costUs: row.cpuUs.median * factor,
      mainUs: row.mainUs.median * factor,
      perSecond: row.capacityPerSecond / factor,
      memoryBytes,
      row,
    },
  ]
}

/** At a rate at which inline was measured, its saving is known; else as many calls as many savings. */
export const savedCores = (
  perSecond: number,
  savedUs: number,
  way: { readonly placement: OptionRow['placement'] } | undefined,
  { minCores }: Limits,
  measured: MeasuredRates | undefined,
): number =>
  way?.placement === 'inline' && measured?.payFrom
    ? (minCores * perSecond) / measured.payFrom
    : (perSecond * savedUs) / 1e6
