// The five yes-no questions, answered from the measurement. Pure.

import type { Answer, ContractFacts, Money, OptionRow, PayloadFacts, ProfileFacts, RateFacts } from './record.ts'
import { savedCores } from './judge.ts'
import type { Limits, MeasuredRates } from './placement-rule.ts'
import { coresText, percentText, rateText, sizeText, timeText, twoDigits } from './format.ts'
import type { Outage } from './work.ts'

export interface Evidence {
  readonly today: OptionRow
  /** The way that is compared with today: the recommended one, or the best. */
  readonly way: OptionRow
  readonly options: number
  readonly payloads: PayloadFacts
  readonly contract: ContractFacts
  readonly rate: RateFacts
  readonly limits: Limits
  readonly profile: ProfileFacts | null
  readonly outage: Outage | null
  readonly money: Money | null
  readonly measured: MeasuredRates
}

/** From this share of the main thread on there is something to win. */
const hotShare = 0.1
const largestBody = 16_777_216
/** What a compressed body has beside its content. */
const headerBytes = 64
const smallContract = { nodes: 1000, bytes: 65_536 }

export const answersOf = (evidence: Evidence): Answer[] => [
  { id: 'cpu-bound', question: 'Is it CPU-bound?', ...cpuBound(evidence) },
  { id: 'bounded-output', question: 'Is the output bounded?', ...bounded(evidence) },
  { id: 'small-contract', question: 'Is the contract small?', ...small(evidence) },
  { id: 'can-be-turned-off', question: 'Can it be turned off?', ...turnedOff(evidence) },
  { id: 'traffic-pays', question: 'Does the traffic pay?', ...pays(evidence) },
]

type Reply = Pick<Answer, 'yes' | 'evidence'>

function cpuBound({ today, rate, profile }: Evidence): Reply {
  if (profile !== null) {
    return {
      yes: profile.cpuBound,
      evidence: `${percentText(profile.movableShare)} of your app's main thread, by its profile`,
    }
  }
  const share = (rate.perSecond * today.mainUs.median) / 1e6
  if (rate.isGiven) {
    const evidence = `${percentText(share)} of the main thread at ${rateText(rate.perSecond)}`
    return { yes: share >= hotShare, evidence }
  }
  const cpu = Math.min(1, today.mainUs.median / today.callUs)
  const evidence = `${percentText(cpu)} of a call is CPU (app: sidelane profile)`
  return { yes: cpu >= 0.5, evidence }
}

function bounded({ contract, payloads, way }: Evidence): Reply {
  const ratio = way.bodyBytes / Math.max(1, payloads.meanBytes)
  const evidence = `at most ${sizeText(contract.maxPayloadBytes)} in; out ${sizeText(way.bodyBytes)}, ${percentText(ratio)} of the input`
  return {
    yes: contract.maxPayloadBytes <= largestBody && way.bodyBytes <= 1.5 * payloads.meanBytes + headerBytes,
    evidence,
  }
}

function small({ contract: { nodes, lockBytes, appOnly } }: Evidence): Reply {
  const app = appOnly === 0 ? 'nothing stays in the app' : `${appOnly} check${appOnly === 1 ? '' : 's'} stay in the app`
  const evidence = `${schemasText(nodes)}, ${sizeText(lockBytes)}; ${app}`
  return { yes: nodes <= smallContract.nodes && lockBytes <= smallContract.bytes && appOnly === 0, evidence }
}

const schemasText = (nodes: number): string => `${nodes.toLocaleString('en')} schema${nodes === 1 ? '' : 's'}`

function turnedOff({ options, outage }: Evidence): Reply {
  if (outage === null) return { yes: true, evidence: `same output in all ${options} ways: it is one option` }
  const { calls, answered, longestMs } = outage
  const evidence = `sidecar killed: ${answered} of ${calls} answered inline, ${Math.ceil(longestMs)} ms`
  return { yes: answered === calls, evidence }
}

function pays({ today, way, rate, limits, money, measured }: Evidence): Reply {
  const saved = today.cpuUs.median - way.cpuUs.median
  if (saved <= 0)
    return {
      yes: false,
      evidence: `it saves no CPU: ${timeText(way.cpuUs.median)} a payload, today ${timeText(today.cpuUs.median)}`,
    }
  const from = measured.payFrom ?? (limits.minCores * 1e6) / saved
  if (!rate.isGiven) {
    return { yes: null, evidence: `from ${rateText(from)} on; give yours with --rate` }
  }
  const cores = savedCores(rate.perSecond, saved, way, limits, measured)
  const price = money === null ? '' : `: ${twoDigits(money.perMonth)} a month`
  return { yes: rate.perSecond >= from, evidence: `saves ${coresText(cores)} at ${rateText(rate.perSecond)}${price}` }
}
