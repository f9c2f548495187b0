// All measurements of a decision, in their order, within the time.

import { lockText } from '../contract/index.ts'
import { medianInterval } from '../measure/intervals.ts'
import { breakEvens } from './break-even.ts'
import { gzipSize } from './codec.ts'
import { BadPayloads, type Examined } from './examine.ts'
import { load, type OptionProcesses, type OptionProcess } from './option-processes.ts'
import { createCostProbe, referencesOf, type CostProbe } from './cost-probe.ts'
import type { DecideInput } from './input.ts'
import { rowOf } from './option-row.ts'
import { curveOf, runAtRate } from './rate-runs.ts'
import { cheapestToday, judge } from './judge.ts'
import type {
  BreakEven,
  LoadCurve,
  OptionId,
  OptionRow,
  RateFacts,
  SizePoint,
  StageSplit,
  TodayFacts,
} from './record.ts'
import { isAway, timeRounds, type Timed } from './rounds.ts'
import { fourSizes } from './sizes.ts'
import { isTimeOver } from './time.ts'
import { baseKey, type Loaded, type Outage, type Work } from './work.ts'

export interface Measurements {
  readonly timed: ReadonlyMap<OptionProcess, Timed>
  readonly rows: readonly OptionRow[]
  readonly today: TodayFacts
  readonly rate: RateFacts
  readonly curves: readonly LoadCurve[]
  readonly sizes: readonly SizePoint[]
  readonly breakEven: readonly BreakEven[]
  readonly stages: readonly StageSplit[]
  readonly outage: Outage | null
  /** Payloads that today's schema judges differently. */
  readonly disagreed: number
  /** What the time did not suffice for. */
  readonly notMeasured: readonly string[]
}

/** The times inside the measurements are for this many seconds. */
const defaultSeconds = 40
const rounds = 9
const minRounds = 5
/** Shares of the time; the search for the break-evens has the rest. */
const shares = { rounds: 0.3, rate: 0.15, curves: 0.16 } as const

/** Later than this, what follows is left out: a record without curves or stages still has its answer. */
const [roundsEnd, rateEnd, curvesEnd, stagesEnd] = [0.5, 0.7, 0.85, 0.95]

type OnStep = (what: string, done: number) => void

export async function measureAll(
  input: DecideInput,
  examined: Examined,
  processes: OptionProcesses,
  threads: number,
): Promise<Measurements> {
  const { signal, seconds, startedAt: from } = input
  const budgetMs = seconds * 1000
  const scale = seconds / defaultSeconds
  const isLate = (share: number, moreMs = 0): boolean => performance.now() - from > share * budgetMs + moreMs
  const part =
    (first: number, last: number): OnStep =>
    (what, done) => {
      signal.throwIfAborted()
      input.onStep(what, first + (last - first) * done)
    }
  const { loads, without, today } = await verifyAll(input, examined, processes, part(0.02, 0.08))
  const plan = { key: baseKey, without, rounds, minRounds, budgetMs: shares.rounds * budgetMs }
  const timed = await timeRounds(processes, {
    ...{ ...plan, isLate: () => isLate(roundsEnd) },
    onStep: part(0.08, 0.38),
  })
  const plain = [...timed].find(([{ id }]) => id === 'today')?.[1] as Timed
  const rate = rateFacts(input.rate, medianInterval(plain.mainUs).median)
  const ms = (share: number): number => (share * budgetMs) / timed.size
  const { perSecond } = rate
  const atRate = await runAtRate(timed, {
    perSecond,
    threads,
    ms: ms(shares.rate),
    onStep: part(0.38, 0.53),
    isLate: () => isLate(rateEnd),
  })
  const onCurve = part(0.53, 0.7)
  const curves: LoadCurve[] = []
  for (const [member, own] of timed) {
    if (isLate(curvesEnd)) break
    onCurve(`load curve: ${member.id}`, curves.length / timed.size)
    const curve = await inTime(curveOf(member, own, threads, ms(shares.curves)))
    if (curve !== undefined) curves.push(curve)
  }
  const left = new Set(without)
  const texts = examined.references.filter((_, index) => !left.has(index))
  const facts = {
    ...{ plain, threads, hasZod: today.kind !== 'none', payloads: texts.length },
    zlibBytes: texts.reduce((sum, text) => sum + gzipSize(text), 0),
  }
  const rows: OptionRow[] = []
  for (const [member, own] of timed) {
    const seen = atRate.get(member)
    if (seen === undefined) continue
    rows.push(rowOf(member, own, { ...facts, ...seen, loaded: loads.get(member) as Loaded }))
  }
  const stages = isLate(stagesEnd)
    ? []
    : ((await inTime(stagesOf([...timed.keys()], 250 * scale, part(0.7, 0.74)))) ?? [])
  const sidecar = processes.members.find(({ id }) => id === 'sidecar')
  const outage =
    sidecar === undefined || isLate(1) ? null : ((await inTime(sidecar.child.ask('outage', baseKey))) ?? null)
  const probe = createCostProbe({
    ...{ base: examined.base, dictionary: examined.dictionary, today: input.today, kind: today.kind, scale, signal },
    isLate: (moreMs) => isLate(1, moreMs),
  })
  const { sizes, breakEven } = await changes(input, examined, processes, { rows, rate, probe, onStep: part(0.74, 1) })
  const notMeasured = [
    ...(rows.some(({ atRate: { isCarried, p99Us } }) => isCarried && p99Us === null) ? ['p99 at the rate'] : []),
    ...(curves.length < timed.size ? ['latency against load'] : []),
    ...(stages.length === 0 ? ['time by stage'] : []),
    ...(sidecar !== undefined && outage === null ? ['a killed sidecar'] : []),
    ...(sizes.length <= 1 && isLate(1) ? ['other sizes'] : []),
  ]
  return { timed, rows, today, rate, curves, sizes, breakEven, stages, outage, disagreed: left.size, notMeasured }
}

/** Undefined: the time is over. */
async function inTime<T>(part: Promise<T>): Promise<T | undefined> {
  try {
    return await part
  } catch (error) {
    if (isTimeOver(error)) return undefined
    throw error
  }
}

/** Without `--rate`, half of what one thread carries today. */
const rateFacts = (given: number | null, todayUs: number): RateFacts =>
  given === null
    ? { perSecond: Number((0.5e6 / todayUs).toPrecision(2)), isGiven: false }
    : { perSecond: given, isGiven: true }

interface VerifiedAll {
  readonly loads: ReadonlyMap<OptionProcess, Loaded>
  /** Indexes of payloads that are not timed. */
  readonly without: readonly number[]
  readonly today: TodayFacts
}

/** Each process runs all payloads, and its output is compared with the reference. */
async function verifyAll(
  input: DecideInput,
  { base, dictionary, references }: Examined,
  processes: OptionProcesses,
  onStep: OnStep,
): Promise<VerifiedAll> {
  const work: Work = {
    ...{ key: baseKey, lock: lockText(base.lock), dictionary, shape: { kind: 'whole' } },
    ...{ payloads: base.payloads, references, today: input.today },
  }
  const loads = new Map<OptionProcess, Loaded>()
  const without = new Set<number>()
  let today: TodayFacts = { kind: 'none', text: '' }
  for (const member of [...processes.members]) {
    onStep(`check the output of ${member.id}`, loads.size / 6)
    const loaded = await load(member, work)
    if (member.id === 'today' && loaded.today !== undefined) {
      today = { kind: loaded.today.kind, text: loaded.today.text }
    }
    if (member.id === 'today-compiled' && (loaded.today?.isCompiled !== true || loaded.today.kind !== today.kind)) {
      await processes.drop(member.id, 'z.compile cannot compile this schema, or this zod has no z.compile')
      continue
    }
    for (const index of loaded.disagreed) without.add(index)
    loads.set(member, loaded)
  }
  if (without.size === base.payloads.length) throw new BadPayloads('Today’s schema judges every payload differently')
  return { loads, without: [...without], today }
}

async function stagesOf(members: readonly OptionProcess[], ms: number, onStep: OnStep): Promise<StageSplit[]> {
  const found: StageSplit[] = []
  for (const member of members.filter((one) => !isAway(one))) {
    onStep(`stages: ${member.id}`, found.length / 4)
    const { json, validate, compress } = await member.child.ask('stages', baseKey, ms)
    const stages = [
      { name: 'json', us: json },
      { name: 'validate', us: validate },
      { name: 'compress', us: compress },
    ] as const
    found.push({ id: member.id, stages })
  }
  return found
}

interface ChangeContext {
  readonly rows: readonly OptionRow[]
  readonly rate: RateFacts
  readonly probe: CostProbe
  readonly onStep: OnStep
}

/** Costs at four sizes, and the break-evens. */
async function changes(
  { limits }: DecideInput,
  { base, dictionary }: Examined,
  processes: OptionProcesses,
  { rows, rate, probe, onStep }: ChangeContext,
): Promise<Pick<Measurements, 'sizes' | 'breakEven'>> {
  const memberOf = (id: OptionId | undefined): OptionProcess | undefined =>
    processes.members.find((member) => member.id === id)
  const { ruling } = judge({ rows, rate, limits })
  const today = memberOf(cheapestToday(rows)?.id)
  const inline = memberOf(ruling.inline?.row.id)
  const away = memberOf(ruling.away?.row.id)
  if (today === undefined || inline === undefined) return { sizes: [], breakEven: [] }
  const compared = [today, inline, ...(away === undefined ? [] : [away])]
  const costs = new Map(
    compared.map((member) => {
      const row = rows.find(({ id }) => id === member.id) as OptionRow
      return [member, { cpuUs: row.cpuUs.median, mainUs: row.mainUs.median }] as const
    }),
  )
  const points: SizePoint[] = []
  const possible = fourSizes(base, (size) => referencesOf(size.lock, dictionary, size.payloads) !== undefined)
  for (const [index, size] of possible.entries()) {
    onStep('cost by size', (0.3 * index) / possible.length)
    if (size.made !== 'yours' && probe.isLate(0)) continue
    const run = size.made === 'yours' ? { bytes: size.bytes, costs } : await inTime(probe.at(size, compared, false))
    if (run === undefined) continue
    points.push({
      bytes: size.bytes,
      made: size.made,
      costs: [...run.costs].map(([{ id }, { cpuUs, mainUs }]) => ({ id, cpuUs, mainUs })),
    })
  }
  let done = 0.3
  const breakEven = await breakEvens({
    ...{ today, inline, away, limits, probe, costs, points },
    onStep: (what) => onStep(what, (done = Math.min(0.98, done + 0.04))),
  })
  return { sizes: points, breakEven }
}
