// The rule that chooses a placement: for `sidelane decide` and for the verdict of the benchmark (bench/METHOD.md, "The
// verdict"). A pure function of measured costs.

import type { EngineUsed, StopRule, Use } from './record.ts'

/** A way to do the work. Costs are µs for a payload. */
export interface Way {
  readonly placement: 'inline' | 'pool' | 'sidecar'
  readonly engine: EngineUsed
  /** All threads and processes. */
  readonly costUs: number
  /** The app's main thread. */
  readonly mainUs: number
  /** Calls a second that all threads together carry. */
  readonly perSecond: number
  /** App and sidecar; null: unknown. */
  readonly memoryBytes: number | null
}

export type Limits = Omit<StopRule, 'text'>

export const defaultLimits: Limits = {
  minGain: 0.15,
  minSavingUs: 10,
  minCores: 0.05,
  maxMainShare: 0.25,
  maxBlockUs: 500,
}

export interface RuleInput<W extends Way> {
  readonly today: Pick<Way, 'costUs' | 'mainUs'> | undefined
  readonly ways: readonly W[]
  /** Calls a second; null: unknown; `highest`: as many as can be carried, as in the closed loop of the benchmark. */
  readonly rate: number | 'highest' | null
  readonly limits: Limits
  /** Measured rates; without them they are computed from the costs of a busy thread. */
  readonly measured?: MeasuredRates | undefined
}

export interface MeasuredRates {
  /** From which inline saves enough cores. */
  readonly payFrom: number | null
  /** From which inline takes too much of the main thread. */
  readonly leaveFrom: number | null
}

/**
 * Why. Of a pool or a sidecar: `throughput`, `blocks` (one call blocks the event loop for too long), `share` (inline takes too
 * much of the main thread at the rate). Of inline: `cheaper`. Of nothing: `dearer`, `small` (the gain), `idle` (the gain at the
 * rate).
 */
export type Reason = 'throughput' | 'blocks' | 'share' | 'cheaper' | 'dearer' | 'small' | 'idle' | 'incomplete'

export interface Ruling<W extends Way = Way> {
  readonly use: Use
  readonly reason: Reason
  /** The chosen way; without one the best inline. */
  readonly way: W | undefined
  readonly inline: W | undefined
  /** The better one of pool and sidecar; undefined: none ran. */
  readonly away: W | undefined
  /** With `inline`: the rate from which `away` is better; null for never. */
  readonly awayFromPerSecond: number | null
}

/** Two values within 15 % are equal. */
const equal = 1.15
/** And times that differ by less. */
const equalUs = 10
/** A pool this many times as fast as inline is chosen for its throughput. */
const muchFaster = 1.5
/** What leaving the main thread may cost: this many times the CPU of today. */
export const maxCostRatio = 1.5

export function choosePlacement<W extends Way>({
  today,
  ways,
  rate: given,
  limits,
  measured,
}: RuleInput<W>): Ruling<W> {
  const rate = given === 'highest' ? null : given
  const inline = better(ways, 'inline')
  const away = preferred(better(ways, 'pool'), better(ways, 'sidecar'), inline)
  const none = { inline, away, awayFromPerSecond: null }
  if (today === undefined || inline === undefined) {
    return { use: 'undecided', reason: 'incomplete', way: undefined, ...none }
  }
  if (away !== undefined) {
    const isFaster = given === 'highest' && away.perSecond >= muchFaster * inline.perSecond
    const reason = isFaster ? 'throughput' : reasonToLeave(inline, away, rate, limits, measured?.leaveFrom ?? null)
    const pays = paysFor(today, away, rate, limits, null) === undefined || relieves(today, away, rate, limits)
    if (reason !== undefined && pays) return { use: away.placement, reason, way: away, ...none }
  }
  const fault = paysFor(today, inline, rate, limits, measured?.payFrom ?? null)
  if (fault !== undefined) return { use: 'do nothing', reason: fault, way: inline, ...none }
  const computed = away === undefined ? null : leaveFrom(inline, away, limits)
  const awayFromPerSecond = computed === null ? null : (measured?.leaveFrom ?? computed)
  return { use: 'inline', reason: 'cheaper', way: inline, inline, away, awayFromPerSecond }
}

/** native only if it is more than equal: js needs no native code. */
function better<W extends Way>(ways: readonly W[], placement: Way['placement']): W | undefined {
  const at = ways.filter((way) => way.placement === placement)
  const js = at.find(({ engine }) => engine === 'js')
  const native = at.find(({ engine }) => engine === 'native')
  if (js === undefined || native === undefined) return js ?? native
  return js.costUs > equal * native.costUs ? native : js
}

/**
 * The one that frees the main thread, if only one does; then the one that takes less of it; if equal, the one with less memory;
 * if equal, the pool, which is no second program.
 */
function preferred<W extends Way>(pool: W | undefined, sidecar: W | undefined, inline: W | undefined): W | undefined {
  if (pool === undefined || sidecar === undefined) return pool ?? sidecar
  if (inline !== undefined && frees(pool, inline) !== frees(sidecar, inline))
    return frees(pool, inline) ? pool : sidecar
  if (isMore(pool.mainUs, sidecar.mainUs)) return sidecar
  if (isMore(sidecar.mainUs, pool.mainUs)) return pool
  const isLighter =
    pool.memoryBytes !== null && sidecar.memoryBytes !== null && pool.memoryBytes > equal * sidecar.memoryBytes
  return isLighter ? sidecar : pool
}

const isMore = (us: number, other: number): boolean => us > equal * other && us - other >= equalUs

/** Undefined: the way is worth a change for its CPU. */
function paysFor(
  today: Pick<Way, 'costUs'>,
  way: Way,
  rate: number | null,
  { minGain, minSavingUs, minCores }: Limits,
  payFrom: number | null,
): 'dearer' | 'small' | 'idle' | undefined {
  const savedUs = today.costUs - way.costUs
  if (savedUs <= 0) return 'dearer'
  if (today.costUs <= (1 + minGain) * way.costUs || savedUs < minSavingUs) return 'small'
  return rate !== null && rate < (payFrom ?? (minCores * 1e6) / savedUs) ? 'idle' : undefined
}

const frees = (way: Way, from: Pick<Way, 'mainUs'>): boolean => way.mainUs * 2 <= from.mainUs

/** Today's work holds up the event loop, and the way does not. */
function relieves(
  today: Pick<Way, 'costUs' | 'mainUs'>,
  way: Way,
  rate: number | null,
  { maxBlockUs, maxMainShare }: Limits,
): boolean {
  const isHeldUp = today.mainUs > maxBlockUs || (rate !== null && (rate * today.mainUs) / 1e6 >= maxMainShare)
  return isHeldUp && frees(way, today) && way.costUs <= maxCostRatio * today.costUs
}

function reasonToLeave(
  inline: Way,
  away: Way,
  rate: number | null,
  limits: Limits,
  measuredFrom: number | null,
): Reason | undefined {
  if (!frees(away, inline)) return undefined
  if (inline.mainUs > limits.maxBlockUs) return 'blocks'
  const from = measuredFrom ?? (limits.maxMainShare * 1e6) / inline.mainUs
  // Without a rate only a limit of 0 is reached.
  const perSecond = rate ?? 0
  return perSecond >= from && perSecond < away.perSecond ? 'share' : undefined
}

/** The rate at which inline takes too much of the main thread, if `away` carries twice that. */
function leaveFrom(inline: Way, away: Way, { maxMainShare }: Limits): number | null {
  if (!frees(away, inline)) return null
  const perSecond = (maxMainShare * 1e6) / inline.mainUs
  return away.perSecond >= 2 * perSecond ? perSecond : null
}
