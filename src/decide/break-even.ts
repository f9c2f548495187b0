// What would change the answer: the sizes and rates at which another way is right. Each is searched by measurements, and
// confirmed by a run of its own.

import { balanceOfBlock, balanceOfCores, balanceOfCost, balanceOfShare, isConfirmed } from './balance.ts'
import type { OptionProcess } from './option-processes.ts'
import type { CostProbe } from './cost-probe.ts'
import type { BreakEven, OptionId, SizePoint, Use } from './record.ts'
import { maxCostRatio, type Limits } from './placement-rule.ts'
import { between, bisect, crossing, type Step } from './search.ts'
import { isTimeOver } from './time.ts'
import { placeText, rateText, sizeText, timeText } from './format.ts'

export interface BreakEvenInput {
  readonly today: OptionProcess
  readonly inline: OptionProcess
  /** The better one of pool and sidecar. */
  readonly away: OptionProcess | undefined
  readonly limits: Limits
  readonly probe: CostProbe
  /** Costs at the user's size, in µs. */
  readonly costs: ReadonlyMap<OptionProcess, { readonly cpuUs: number; readonly mainUs: number }>
  readonly points: readonly SizePoint[]
  readonly onStep: (what: string) => void
}

interface Axis {
  readonly axis: BreakEven['axis']
  readonly below: Use
  readonly above: Use
  readonly option: OptionId
}

export async function breakEvens(input: BreakEvenInput): Promise<BreakEven[]> {
  const { away } = input
  const change = await sizeToChange(input)
  return [
    change,
    ...(away === undefined ? [] : [await sizeToLeave(input, away, change.value !== null)]),
    await rateToChange(input),
    ...(away === undefined ? [] : [await rateToLeave(input, away)]),
  ]
}

/** What a search returns, or that the time ended it. */
async function timed(axis: Axis, search: () => Promise<BreakEven>): Promise<BreakEven> {
  try {
    return await search()
  } catch (error) {
    if (!isTimeOver(error)) throw error
    return none(axis, `${placeText(axis.above)}: not measured, the time was over`)
  }
}

/** From which size on inline saves enough CPU. */
async function sizeToChange({ today, inline, limits, probe, points, onStep }: BreakEvenInput): Promise<BreakEven> {
  const axis: Axis = { axis: 'size', below: 'do nothing', above: 'inline', option: inline.id }
  const balance = (now: number | undefined, own: number | undefined): number =>
    balanceOfCost(now ?? Number.NaN, own ?? Number.NaN, limits)
  const steps = points.map(({ bytes, costs }) => ({
    value: bytes,
    balance: balance(costOf(costs, today.id), costOf(costs, inline.id)),
  }))
  const measure = async (bytes: number, isLong: boolean): Promise<Step | undefined> => {
    onStep('break-even size')
    const at = await probe.atSize(bytes, [today, inline], isLong)
    return at && { value: at.bytes, balance: balance(at.costs.get(today)?.cpuUs, at.costs.get(inline)?.cpuUs) }
  }
  const all = { above: 'inline pays', below: 'inline does not pay' }
  return await timed(axis, () => searchSize({ axis, measure, probe }, steps, all))
}

/** From which size on one call inline holds up the event loop for too long. */
async function sizeToLeave(
  { today, inline, limits, probe, points, onStep }: BreakEvenInput,
  away: OptionProcess,
  isFound: boolean,
): Promise<BreakEven> {
  const pays = points.some(
    ({ costs }) =>
      balanceOfCost(costOf(costs, today.id) ?? Number.NaN, costOf(costs, inline.id) ?? Number.NaN, limits) >= 1,
  )
  const below = isFound || pays ? 'inline' : 'do nothing'
  const axis: Axis = { axis: 'size', below, above: placeOf(away), option: away.id }
  const steps = points.map(({ bytes, costs }) => ({
    value: bytes,
    balance: balanceOfBlock(costs.find(({ id }) => id === inline.id)?.mainUs ?? Number.NaN, limits),
  }))
  const measure = async (bytes: number, isLong: boolean): Promise<Step | undefined> => {
    onStep('break-even size')
    const at = await probe.atSize(bytes, [inline], isLong)
    return at && { value: at.bytes, balance: balanceOfBlock(at.costs.get(inline)?.mainUs ?? Number.NaN, limits) }
  }
  const block = timeText(limits.maxBlockUs)
  const all = { above: `inline blocks over ${block}`, below: `inline blocks under ${block}` }
  return await timed(axis, () => searchSize({ axis, measure, probe }, steps, all))
}

/** From which rate on inline saves enough cores. */
async function rateToChange({ today, inline, limits, probe, costs, onStep }: BreakEvenInput): Promise<BreakEven> {
  const axis: Axis = { axis: 'rate', below: 'do nothing', above: 'inline', option: inline.id }
  const now = costs.get(today)
  const own = costs.get(inline)
  if (now === undefined || own === undefined || balanceOfCost(now.cpuUs, own.cpuUs, limits) < 1) {
    return none(axis, 'inline pays at no rate: a payload saves too little')
  }
  if (limits.minCores === 0) return none(axis, 'inline pays at any rate: no core need be saved')
  const guess = (limits.minCores * 1e6) / (now.cpuUs - own.cpuUs)
  if (guess > 0.8 * (1e6 / now.mainUs)) return none(axis, 'inline pays at no rate that one thread carries')
  const measure = async (rate: number, isLong: boolean): Promise<Step> => {
    onStep('break-even rate')
    const runs = await probe.atRate([today, inline], rate, isLong)
    const saved = (runs.get(today)?.cores ?? Number.NaN) - (runs.get(inline)?.cores ?? Number.NaN)
    return { value: rate, balance: balanceOfCores(saved, limits) }
  }
  return await timed(axis, () => searchRate({ axis, measure, probe }, guess))
}

/** From which rate on inline takes too much of the main thread. */
async function rateToLeave(
  { today, inline, limits, probe, costs, onStep }: BreakEvenInput,
  away: OptionProcess,
): Promise<BreakEven> {
  const now = costs.get(today)
  const own = costs.get(inline)
  const other = costs.get(away)
  const place = placeText(placeOf(away))
  const inlinePays = now !== undefined && own !== undefined && balanceOfCost(now.cpuUs, own.cpuUs, limits) >= 1
  const axis: Axis = {
    ...{ axis: 'rate', below: inlinePays ? 'inline' : 'do nothing', above: placeOf(away), option: away.id },
  }
  if (now === undefined || own === undefined || other === undefined || other.mainUs * 2 > own.mainUs) {
    return none(axis, `${place} pays at no rate: it frees under half of the main thread`)
  }
  const pays = balanceOfCost(now.cpuUs, other.cpuUs, limits) >= 1
  if (!pays && (other.cpuUs > maxCostRatio * now.cpuUs || other.mainUs * 2 > now.mainUs)) {
    return none(
      axis,
      `${place} pays at no rate: it takes ${(other.cpuUs / now.cpuUs).toFixed(1)} times the CPU of today`,
    )
  }
  if (own.mainUs > limits.maxBlockUs) {
    return none(axis, `${place} at any rate: one call inline blocks over ${timeText(limits.maxBlockUs)}`)
  }
  if (limits.maxMainShare === 0) return none(axis, `${place} at any rate: inline may take nothing of the main thread`)
  const measure = async (rate: number, isLong: boolean): Promise<Step> => {
    onStep('break-even rate')
    const run = (await probe.atRate([inline], rate, isLong)).get(inline)
    return { value: rate, balance: balanceOfShare(run?.mainShare ?? Number.NaN, limits) }
  }
  return await timed(axis, () => searchRate({ axis, measure, probe }, (limits.maxMainShare * 1e6) / own.mainUs))
}

const placeOf = ({ id }: OptionProcess): Use => (id === 'pool' ? 'pool' : 'sidecar')

const costOf = (costs: SizePoint['costs'], id: OptionId): number | undefined =>
  costs.find((cost) => cost.id === id)?.cpuUs

const none = (axis: Axis, text: string): BreakEven => ({
  ...{ axis: axis.axis, value: null, below: null, above: null, option: axis.option, text },
  ...{ steps: [], confirmation: null },
})

interface Search {
  readonly axis: Axis
  readonly measure: (value: number, isLong: boolean) => Promise<Step | undefined>
  readonly probe: Pick<CostProbe, 'isLate'>
}

/** A balance this close to 1 ends a search. */
const tolerance = 0.04
const maxSteps = 4
/** Runs that may confirm a value; each that does not is one more step of the search. */
const maxRuns = 3
/** How far beyond the measured sizes is looked, by factors of four. */
const maxBeyond = 3
const largestBytes = 1_048_576

/** Between two of the measured points, or beyond them. `all`: what to say where the balance is on one side everywhere. */
async function searchSize(
  search: Search,
  points: readonly Step[],
  all: { readonly above: string; readonly below: string },
): Promise<BreakEven> {
  const { axis, measure, probe } = search
  const known = points.filter(({ balance }) => Number.isFinite(balance))
  for (let step = 0; step < maxBeyond && crossing(known) === undefined && !probe.isLate(0); step++) {
    const [first, last] = [known[0], known.at(-1)]
    if (first === undefined || last === undefined) break
    const isBelow = first.balance >= 1
    const value = isBelow ? first.value / 4 : last.value * 4
    const found = value > largestBytes ? undefined : await measure(value, false)
    if (found === undefined || (isBelow ? found.value >= first.value : found.value <= last.value)) break
    if (isBelow) known.unshift(found)
    else known.push(found)
  }
  const pair = crossing(known)
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return none(axis, 'no other sizes of these payloads could be made')
  const range = first === last ? sizeText(first.value) : `${sizeText(first.value)} to ${sizeText(last.value)}`
  // It may only rise through 1: two ways that are nearly equal everywhere have no border.
  if (known.some(({ balance }, index) => balance < 1 && (known[index - 1]?.balance ?? 0) >= 1)) {
    return none(axis, `${placeText(axis.above)}: no clear border between the sizes tried, ${range}`)
  }
  if (pair === undefined) {
    return none(axis, `${last.balance >= 1 ? all.above : all.below} at all sizes tried, ${range}`)
  }
  const plan = {
    measure: (value: number) => measure(value, false),
    maxSteps: probe.isLate(0) ? 0 : maxSteps,
    tolerance,
  }
  return await confirmed(search, [...pair, ...(await bisect(...pair, plan))], sizeText)
}

/** From a guess: each step divides by the balance, which is nearly proportional to the rate. */
async function searchRate(search: Search, guess: number): Promise<BreakEven> {
  const steps: Step[] = []
  let value = guess
  for (let step = 0; step < maxSteps && (step === 0 || !search.probe.isLate(0)); step++) {
    const found = await search.measure(value, false)
    if (found === undefined) break
    // The noise of a busy machine may exceed what is saved at a low rate.
    if (!(found.balance > 0)) {
      value *= 2
      continue
    }
    steps.push(found)
    if (Math.abs(found.balance - 1) <= tolerance) break
    value = next(steps)
  }
  if (steps.length === 0)
    return none(search.axis, `${placeText(search.axis.above)}: too noisy here to measure from which rate on`)
  return await confirmed(search, steps, rateText)
}

/** Where the steps so far let 1 be expected. */
function next(steps: readonly Step[]): number {
  const low = steps.filter(({ balance }) => balance < 1).sort((a, b) => b.value - a.value)[0]
  const high = steps.filter(({ balance }) => balance >= 1).sort((a, b) => a.value - b.value)[0]
  if (low !== undefined && high !== undefined && low.value < high.value) return between(low, high)
  const { value, balance } = steps.at(-1) as Step
  return value / Math.min(2, Math.max(0.5, balance))
}

const isClose = ({ balance }: Step): boolean => Math.abs(balance - 1) <= tolerance

/** A longer run at the value that was found. */
async function confirmed(
  { axis, measure, probe }: Search,
  found: readonly Step[],
  words: (value: number) => string,
): Promise<BreakEven> {
  const steps = [...found]
  let value = steps.find(isClose)?.value ?? next(steps)
  let run: Step | undefined
  for (let runs = 0; runs < maxRuns && !probe.isLate(confirmMs); runs++) {
    let longer: Step | undefined
    try {
      longer = await measure(value, true)
    } catch (error) {
      if (!isTimeOver(error)) throw error
    }
    if (longer === undefined) break
    run = longer
    value = run.value
    if (isConfirmed(run.balance) || runs === maxRuns - 1) break
    steps.push(run)
    const other = next(steps)
    // Payloads have no size between two neighbours.
    if (Math.abs(other / value - 1) < 0.01) break
    value = other
  }
  const confirmation = run === undefined ? null : { ...run, isConfirmed: isConfirmed(run.balance) }
  value = run?.value ?? value
  return {
    ...axis,
    value,
    text: `${confirmation?.isConfirmed === true ? '' : 'perhaps: '}below ${words(value)} ${placeText(axis.below)}, above ${placeText(axis.above)}`,
    steps,
    confirmation,
  }
}

/** What a confirmation may take beyond the time. */
const confirmMs = 5000
