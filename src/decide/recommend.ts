// The recommendation, its sentences and its confidence. Pure functions.

import { judge, savedCores, type JudgeInput, type RowWay } from './judge.ts'
import type { Ruling, Way } from './placement-rule.ts'
import type { Noise, OptionRow, PayloadFacts, ProfileFacts, Recommendation, TodayFacts, Use } from './record.ts'
import { coresText, engineText, percentText, placeText, rateText, sizeText, timeText, twoDigits } from './format.ts'

export interface Findings extends JudgeInput {
  readonly noise: Noise
  readonly cores: number
  readonly payloads: PayloadFacts
  readonly today: TodayFacts
  readonly profile: ProfileFacts | null
  /** The confirmed size from which inline pays; null: none was found; undefined: not looked for. */
  readonly paysFromBytes?: number | null
}

export function recommend(findings: Findings): Recommendation {
  const { ruling, today, uses } = judge(findings)
  const { profile } = findings
  const nothing = { engine: null, option: null, ...confidence(findings) }
  if (today === undefined || ruling.way === undefined) {
    const sentences = ['Undecided: today’s way or inline was not measured.', 'The reasons are listed below.']
    return { use: 'undecided', ...nothing, sentences }
  }
  if (profile !== null && !profile.hotPath) {
    const sentences = [
      `Do nothing: by the profile ${percentText(profile.movableShare)} of your app's main-thread time could be moved, which is too little to win from.`,
      `The work itself would take ${timeText(ruling.way.costUs)} of CPU a payload ${whereOf(ruling.way)} instead of ${timeText(today.cpuUs.median)}.`,
    ]
    return { use: 'do nothing', ...nothing, sentences }
  }
  if (uses.length > 1) return { use: 'undecided', ...nothing, confidence: 'low', sentences: undecided(findings, uses) }
  if (ruling.use === 'do nothing') {
    return { use: 'do nothing', ...nothing, sentences: nothingToDo(findings, ruling, today) }
  }
  const { row } = ruling.way
  return {
    use: ruling.use,
    engine: ruling.way.engine,
    option: row.id,
    sentences: ruling.use === 'inline' ? inlineText(findings, ruling, today) : awayText(findings, ruling, today),
    ...confidence(findings),
  }
}

function undecided({ noise, cores, rate, limits, measured }: Findings, uses: readonly Use[]): string[] {
  const names = uses.map(placeText).join(' and ')
  if (isBusy(noise, cores) || noise.spread > quietSpread) {
    return [
      `Undecided, machine too noisy: the rounds differ by up to ±${percentText(noise.spread / 2)}, which allows ${names}.`,
      'Run it again on a quiet machine, or longer with --seconds 50.',
    ]
  }
  const border =
    rate.isGiven && measured !== undefined && uses.includes('do nothing')
      ? `at ${rateText(rate.perSecond)} a change saves about ${coresText(limits.minCores)}, which is the limit`
      : `±${percentText(noise.spread / 2)} is what this run can tell`
  return [
    `Undecided between ${names}: ${border}.`,
    'Nothing is lost with the one that changes less; the limits of the stop rule move the border.',
  ]
}

function nothingToDo(findings: Findings, { way, reason }: Ruling<RowWay>, today: OptionRow): string[] {
  const { rate, limits, rows, measured } = findings
  const [ours, now] = [way?.costUs ?? Number.NaN, today.cpuUs.median]
  const saved = now - ours
  const compiled =
    today.id === 'today-compiled'
      ? `z.compile alone takes it down from ${timeText(rows.find(({ id }) => id === 'today')?.cpuUs.median ?? now)}.`
      : undefined
  if (reason === 'dearer') {
    const first = `Do nothing: a payload takes ${timeText(now)} of CPU today, and ${timeText(ours)} ${whereOf(way)}.`
    return [first, compiled ?? 'There is nothing to win with payloads like these.']
  }
  if (reason === 'small') {
    const first = `Do nothing: of the ${timeText(now)} of CPU that a payload takes, the best way saves ${timeText(saved)}, and less than ${percentText(limits.minGain)} or ${timeText(limits.minSavingUs)} is not worth a change.`
    return [first, compiled ?? largerText(findings)]
  }
  const cores = savedCores(rate.perSecond, saved, way, limits, measured)
  const first = `Do nothing: at ${rateText(rate.perSecond)} the best way saves about ${coresText(cores)}, and less than ${coresText(limits.minCores)} is not worth a change.`
  return [first, compiled ?? `${payFromText(findings, saved)}.`]
}

/** A rate that no run has confirmed is called computed. */
function payFromText({ limits, measured }: Findings, savedUs: number): string {
  if (limits.minCores === 0) return 'It pays at any rate'
  const computed = measured !== undefined && measured.payFrom === null
  const from = rateText(measured?.payFrom ?? (limits.minCores * 1e6) / savedUs)
  return `It pays from about ${from} on${computed ? ', as computed: no run confirmed it' : ''}`
}

const largerText = ({ paysFromBytes }: Findings): string =>
  typeof paysFromBytes === 'number'
    ? `Larger payloads pay, from about ${sizeText(paysFromBytes)} on.`
    : 'No size was found from which a change pays.'

const whereOf = (way: Way | undefined): string =>
  way === undefined ? 'inline' : `inline on the ${engineText(way.engine)}`

function gainText(way: Way, today: OptionRow): string {
  const times = today.cpuUs.median / way.costUs
  const ours = timeText(way.costUs)
  const now = timeText(today.cpuUs.median)
  return times >= 1.15
    ? `a payload takes ${ours} of CPU instead of ${now}, ${times.toFixed(1)} times less`
    : `a payload takes ${ours} of CPU in all, and ${now} today`
}

/** What leaving the main thread costs or saves, in CPU. */
function priceText(way: Way, today: OptionRow): string {
  const times = today.cpuUs.median / way.costUs
  const both = `${timeText(way.costUs)} a payload on all threads, ${timeText(today.cpuUs.median)} today`
  if (times >= 1.15) return `It also takes ${times.toFixed(1)} times less CPU: ${both}.`
  if (times > 1 / 1.15) return `It frees the main thread and saves no CPU to speak of: ${both}.`
  return `It frees the main thread at the price of more CPU: ${both}.`
}

function trafficText(findings: Findings, way: Way, today: OptionRow): string {
  const { rate, limits, measured } = findings
  const saved = today.cpuUs.median - way.costUs
  if (saved <= 0) return ''
  return rate.isGiven
    ? `At ${rateText(rate.perSecond)} that saves about ${coresText(savedCores(rate.perSecond, saved, way, limits, measured))}`
    : payFromText(findings, saved)
}

/** Where a way does not carry the rate: that it takes more than one process. */
function processesText({ rate }: Findings, { atRate, capacityPerSecond }: OptionRow): string {
  if (!rate.isGiven || atRate.isCarried) return ''
  const given = rateText(rate.perSecond)
  return capacityPerSecond < rate.perSecond
    ? `, in several processes, as one carries about ${rateText(capacityPerSecond)} of your ${given}`
    : `, in several processes, as one falls behind at your ${given}`
}

function inlineText(findings: Findings, { way, away, awayFromPerSecond }: Ruling<RowWay>, today: OptionRow): string[] {
  const own = way as RowWay
  const first = `Use sidelane inline with the ${engineText(own.engine)}${processesText(findings, own.row)}: ${gainText(own, today)}.`
  const block = `one call holds up the event loop for ${timeText(own.mainUs)}`
  const { rate } = findings
  // The place costs too much, or does not carry the rate: no lower rate makes it worth that.
  const isAbove = awayFromPerSecond !== null && (rate.isGiven ? rate.perSecond : 0) >= awayFromPerSecond
  const other =
    away === undefined || isAbove || (rate.isGiven && !own.row.atRate.isCarried)
      ? block
      : awayFromPerSecond === null
        ? `${block}, and ${placeText(away.placement)} would not free the main thread`
        : `${block}, so ${placeText(away.placement)} is not worth its cost below about ${rateText(awayFromPerSecond)}`
  return [first, `${trafficText(findings, own, today)}; ${other}.`]
}

function awayText(findings: Findings, { way, inline, reason }: Ruling<RowWay>, today: OptionRow): string[] {
  const own = way as RowWay
  const { rate } = findings
  const main = timeText(own.mainUs)
  const beside = inline?.mainUs ?? Number.NaN
  const place = placeText(own.placement)
  const blocks = `inline, one call would hold up the event loop for ${timeText(beside)}; ${place} takes ${main} of the main thread`
  const share = `at ${rateText(rate.perSecond)} inline would take ${percentText((rate.perSecond * beside) / 1e6)} of the main thread; ${place} takes ${percentText((rate.perSecond * own.mainUs) / 1e6)}`
  return [
    `Use ${place} with the ${engineText(own.engine)}${processesText(findings, own.row)}: ${reason === 'share' ? share : blocks}.`,
    priceText(own, today),
  ]
}

/** An interval this narrow is that of a quiet machine. */
const quietSpread = 0.1
const noisySpread = 0.25

const isBusy = ({ otherCores, loadBefore }: Noise, cores: number): boolean => (otherCores ?? loadBefore) > cores / 4

function confidence(findings: Findings): Pick<Recommendation, 'confidence' | 'reasons'> {
  const { noise, cores, payloads, today } = findings
  const busy = isBusy(noise, cores)
  const lowers: readonly (readonly [isMet: boolean, severe: boolean, text: string])[] = [
    [noise.spread > noisySpread, true, `the rounds differ by ±${percentText(noise.spread / 2)}`],
    [
      noise.spread > quietSpread && noise.spread <= noisySpread,
      false,
      `the rounds differ by ±${percentText(noise.spread / 2)}`,
    ],
    [busy, false, `other processes took ${twoDigits(noise.otherCores ?? noise.loadBefore)} of ${cores} cores`],
    [(noise.stolenCores ?? 0) > 0.05 * cores, false, `the host took ${twoDigits(noise.stolenCores ?? 0)} cores away`],
    [noise.rounds < 5, false, `only ${noise.rounds} rounds`],
    [payloads.distinct < 8, true, `only ${payloads.distinct} distinct payload${payloads.distinct === 1 ? '' : 's'}`],
    [payloads.distinct >= 8 && payloads.distinct < 64, false, `only ${payloads.distinct} distinct payloads`],
    [today.kind === 'none', true, 'today’s validation is not in the comparison'],
    [today.kind === 'zod-from-lock', false, 'zod was made of the lock: your own schema may be faster'],
  ]
  const met = lowers.filter(([isMet]) => isMet)
  const level = met.some(([, severe]) => severe) ? 'low' : met.length > 0 ? 'medium' : 'high'
  const quiet = `${noise.rounds} rounds within ±${percentText(noise.spread / 2)}, machine quiet`
  return { confidence: level, reasons: met.length > 0 ? met.map(([, , text]) => text) : [quiet] }
}
