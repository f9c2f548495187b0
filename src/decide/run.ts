// `sidelane decide`: verifies equal work, measures all options on the user's payloads, and concludes. Returns the record.

import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { createEngine } from '../engine/index.ts'
import { cpuMeter } from '../measure/cpu.ts'
import { describeMachine, type Machine } from '../measure/machine.ts'
import type { LoadedEngineReport } from '../model/index.ts'
import { findSidelaned } from '../util/find-sidelaned.ts'
import { readPackageJson } from '../util/package-files.ts'
import { answersOf } from './answers.ts'
import { examine } from './examine.ts'
import { contractFacts, moneyOf, payloadFacts, stopText } from './facts.ts'
import { cpuOf, startProcesses, type OptionProcesses } from './option-processes.ts'
import type { DecideInput } from './input.ts'
import { measureAll, type Measurements } from './measurements.ts'
import { observeNoise } from './noise.ts'
import { cheapestToday, judge, savedCores } from './judge.ts'
import { recommend, type Findings } from './recommend.ts'
import type { BreakEven, DecisionMachine, DecisionRecord, Noise, OptionId, OptionRow } from './record.ts'
import type { MeasuredRates } from './placement-rule.ts'
import { createDeadline, isTimeOver } from './time.ts'
import type { TodaySource } from './work.ts'

/** Today's way must get through all payloads in so small a part of the time: each option does that many times. */
const passes = 60

/** Throws BadPayloads, WrongAnswer, and what `signal` aborts with. */
export async function decide(input: DecideInput): Promise<DecisionRecord> {
  const from = input.startedAt
  const at = new Date().toISOString()
  const { onStep, signal, limits, profile } = input
  onStep('check the payloads', 0)
  const examined = examine(input.payloads, input.contract, (input.seconds * 1000) / passes)
  const machine = describeMachine(['zod'])
  const threads = Math.max(1, machine.cores - 1)
  const auto = createEngine('auto').report
  const endNoise = observeNoise()
  onStep('start the processes', 0.01)
  const deadline = createDeadline(from, input.seconds)
  const processes = await startProcesses(optionIds(auto.kind === 'native', input.today), threads, { signal, deadline })
  try {
    const measured = await measureAll(input, examined, processes, threads)
    const { rows, rate, today: todayFacts, timed, breakEven } = measured
    const ownUs = await cpuOfAll(processes)
    const noise = { ...endNoise(ownUs), ...spreadOf(rows, timed), cpuMethod: cpuMeter().method }
    const payloads = payloadFacts(input, examined, measured.disagreed)
    const rates = ratesOf(breakEven)
    const findings: Findings = {
      ...{ rows, rate, limits, noise, payloads, profile, today: todayFacts, cores: machine.cores },
      measured: rates,
      paysFromBytes: sizeOf(breakEven),
    }
    const recommendation = recommend(findings)
    const today = cheapestToday(rows) as OptionRow
    const best = recommendation.option ?? judge(findings).ruling.way?.row.id
    const way = rows.find(({ id }) => id === best) ?? today
    const money = moneyOf(input, savedCores(rate.perSecond, today.cpuUs.median - way.cpuUs.median, way, limits, rates))
    const contract = contractFacts(input)
    return {
      schema: 1,
      kind: 'sidelane.decision',
      version: readPackageJson().version,
      at,
      seconds: (performance.now() - from) / 1000,
      machine: machineFacts(machine, auto, threads, rows),
      noise,
      payloads,
      contract,
      today: todayFacts,
      rate,
      options: rows,
      leftOut: processes.leftOut,
      notMeasured: measured.notMeasured,
      curves: measured.curves,
      sizes: measured.sizes,
      breakEven,
      stages: measured.stages,
      answers: answersOf({
        ...{ today, way, options: rows.length, payloads, contract, rate, money, limits, profile },
        ...{ outage: measured.outage, measured: rates },
      }),
      stopRule: { ...limits, text: stopText(limits) },
      money,
      recommendation,
      profile,
      reproduce: { command: input.command, payloadsDigest: examined.digest },
    }
  } finally {
    await processes.end()
  }
}

const optionIds = (hasNative: boolean, today: TodaySource): OptionId[] => [
  'today',
  ...(today.kind === 'none' ? [] : ['today-compiled' as const]),
  'inline-js',
  ...(hasNative ? ['inline-native' as const] : []),
  'pool',
  'sidecar',
]

/** The widest interval, and the fewest rounds. */
function spreadOf(rows: readonly OptionRow[], timed: Measurements['timed']): Pick<Noise, 'spread' | 'rounds'> {
  return {
    spread: Math.max(0, ...rows.map(({ cpuUs }) => (cpuUs.high - cpuUs.low) / cpuUs.median)),
    rounds: Math.min(...[...timed.values()].map(({ cpuUs }) => cpuUs.length)),
  }
}

/** The size from which inline pays that a run has confirmed; null: not found. */
const sizeOf = (breakEven: readonly BreakEven[]): number | null =>
  breakEven.find(({ axis, above, confirmation }) => axis === 'size' && above === 'inline' && confirmation?.isConfirmed)
    ?.value ?? null

/** The rates that a run has confirmed. */
function ratesOf(breakEven: readonly BreakEven[]): MeasuredRates {
  const from = (isPay: boolean): number | null =>
    breakEven.find(
      ({ axis, above, confirmation }) =>
        axis === 'rate' && (above === 'inline') === isPay && confirmation?.isConfirmed === true,
    )?.value ?? null
  return { payFrom: from(true), leaveFrom: from(false) }
}

function machineFacts(
  { cpu, cores, os, node, v8, zlib, packages }: Machine,
  { kind, reason }: LoadedEngineReport,
  threads: number,
  rows: readonly OptionRow[],
): DecisionMachine {
  const { zod = 'unknown' } = packages
  const daemon = findSidelaned().path === undefined ? 'node' : 'sidelaned'
  return {
    ...{ cpu, cores, memoryBytes: totalmem(), os, node, v8, zlib, zod: zod === 'unknown' ? null : zod },
    ...{ engine: kind, engineReason: reason, daemon: rows.some(({ id }) => id === 'sidecar') ? daemon : null },
    poolThreads: threads,
  }
}

/** Of all processes; of this one where the others are still busy and must be asked. */
async function cpuOfAll(processes: OptionProcesses): Promise<number> {
  try {
    return (await Promise.all(processes.members.map(cpuOf))).reduce((sum, us) => sum + us, cpuOfSelf())
  } catch (error) {
    if (isTimeOver(error)) return cpuOfSelf()
    throw error
  }
}

function cpuOfSelf(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
