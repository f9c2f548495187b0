// The page of a decision (`sidelane decide --html`): the recommendation, the table, what would change the answer, the pictures.

import { twoDigits } from '../decide/format.ts'
import type { BreakEven, DecisionRecord, OptionRow } from '../decide/record.ts'
import { decisionFigures } from './decision-figures.ts'
import { format, sentence } from './format.ts'
import type { Badge, Page, Point, Row, Table } from './page.ts'
import { renderPage } from './render.ts'

/** One self-contained HTML file. */
export const renderDecision = (record: DecisionRecord): string => renderPage(decisionPage(record))

function decisionPage(record: DecisionRecord): Page {
  const { recommendation, payloads, machine, at } = record
  const [headline = 'Undecided', ...lead] = recommendation.sentences
  return {
    title: `${headline} · ${payloads.source} · sidelane decide`,
    eyebrow: `sidelane decide · ${payloads.source} · ${day(at)} · ${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}`,
    headline,
    lead,
    badge: confidence(record),
    blocks: [
      { kind: 'table', title: 'The options side by side', text: rateText(record), table: optionTable(record) },
      { kind: 'points', title: 'What would change the answer', points: changes(record) },
      { kind: 'table', title: 'Five questions, answered from the measurement', text: '', table: answerTable(record) },
      { kind: 'figures', title: 'Pictures', figures: decisionFigures(record) },
      { kind: 'points', title: 'How it was measured', points: method(record) },
    ],
    record,
  }
}

/** `2026-11-29`. */
const day = (at: string): string => at.slice(0, 10)

const tones = { high: 'good', medium: 'neutral', low: 'caution' } as const

const confidence = ({ recommendation: { confidence, reasons } }: DecisionRecord): Badge => ({
  text: `Confidence: ${confidence}`,
  tone: tones[confidence],
  reasons: reasons.map(sentence),
})

const rateText = ({ rate }: DecisionRecord): string =>
  `The p99 is measured at ${format('rate', rate.perSecond)}, ${rate.isGiven ? 'your rate' : 'half of what one thread carries today'}.`

function optionTable({ options, recommendation }: DecisionRecord): Table {
  return {
    caption: 'Cost of each option',
    columns: [
      { title: 'Option', unit: null },
      { title: 'Time a payload', unit: 'us' },
      { title: 'Calls a core', unit: 'rate' },
      { title: 'Main thread', unit: 'us' },
      { title: 'p99 at the rate', unit: 'us' },
      { title: 'Memory, app + sidecar', unit: 'bytes' },
    ],
    rows: options.map((option): Row => ({
      cells: [
        option.label,
        option.callUs,
        option.callsPerCoreSecond,
        option.mainUs.median,
        option.atRate.isCarried ? (option.atRate.p99Us ?? 'not measured') : 'cannot carry it',
        memoryOf(option),
      ],
      ...(option.id === recommendation.option && { tag: 'recommended' }),
      ...(recommendation.use === 'do nothing' && option.id === 'today' && { tag: 'keep it' }),
    })),
  }
}

/** App and sidecar; null: not known. */
const memoryOf = ({ appBytes, sidecarBytes }: OptionRow): number | null =>
  appBytes === null || sidecarBytes === null ? null : appBytes + sidecarBytes

function changes({ breakEven, stopRule, money }: DecisionRecord): Point[] {
  return [
    ...breakEven.map((one) => ({ term: one.axis === 'size' ? 'Payload size' : 'Rate', text: breakEvenText(one) })),
    { term: 'Stop rule', text: sentence(stopRule.text) },
    ...(money === null
      ? []
      : [
          {
            term: 'Money',
            // `format` would round a small saving to 0.
            text: `${twoDigits(money.savedCores)} cores saved, at ${money.coreHourCost} a core and hour: ${twoDigits(money.perMonth)} a month.`,
          },
        ]),
  ]
}

function breakEvenText({ text, confirmation }: BreakEven): string {
  if (confirmation === null) return sentence(text)
  const { balance, isConfirmed } = confirmation
  const off = format('share', Math.abs(balance - 1))
  return `${sentence(text)} ${isConfirmed ? `A longer run at this value confirms it: ${off} off.` : `A longer run at this value was ${off} off, so that it is not confirmed.`}`
}

const answerTable = ({ answers }: DecisionRecord): Table => ({
  caption: 'Five questions',
  columns: [
    { title: 'Question', unit: null },
    { title: 'Answer', unit: null },
    { title: 'Evidence', unit: null },
  ],
  rows: answers.map(({ question, yes, evidence }) => ({
    cells: [question, yes === null ? 'unknown' : yes ? 'yes' : 'no', sentence(evidence)],
  })),
})

function method({
  payloads,
  contract,
  today,
  machine,
  noise,
  options,
  leftOut,
  notMeasured,
  reproduce,
  version,
  seconds,
}: DecisionRecord): Point[] {
  const sample = payloads.isSample ? ' of a larger file' : ''
  const rejected =
    payloads.rejected > 0
      ? `, ${payloads.rejected} rejected by the contract (the first: ${payloads.firstRejection ?? ''})`
      : ''
  const disagreed = payloads.disagreed > 0 ? `, ${payloads.disagreed} that today's schema reads differently` : ''
  const level = contract.level === null ? '' : ` level ${contract.level}`
  const cores = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(2)} cores`)
  return [
    {
      term: 'Payloads',
      text: `${payloads.source}: ${payloads.count} timed${sample}, ${payloads.distinct} distinct, mean ${format('bytes', payloads.meanBytes)}, p99 ${format('bytes', payloads.p99Bytes)}${rejected}${disagreed}`,
    },
    {
      term: 'Contract',
      text: `${contract.name} ${contract.id.slice(0, 12)}, ${sources[contract.from]}; ${contract.codec}${level}`,
    },
    { term: 'Today', text: sentence(today.text) },
    {
      term: 'Equal work',
      text: options.map(({ label, verified }) => `${label}: ${verified.payloads} ${verified.how}`).join('; '),
    },
    ...leftOut.map(({ id, reason }) => ({ term: `Left out: ${id}`, text: reason })),
    ...(notMeasured.length === 0 ? [] : [{ term: 'Not measured, the time was over', text: notMeasured.join(', ') }]),
    {
      term: 'Machine',
      text: `${machine.cpu}, ${machine.cores} cores, ${format('bytes', machine.memoryBytes)}, ${machine.os}, Node ${machine.node}, zlib ${machine.zlib}${machine.zod === null ? '' : `, zod ${machine.zod}`}`,
    },
    { term: 'Engine', text: `${machine.engine}: ${machine.engineReason}` },
    {
      term: 'Noise',
      text: `${noise.rounds} rounds, widest interval ${format('share', noise.spread)}; load ${noise.loadBefore} before and ${noise.loadAfter} after; other processes ${cores(noise.otherCores)}, taken by the hypervisor ${cores(noise.stolenCores)}; CPU time from ${noise.cpuMethod}`,
    },
    {
      term: 'Run',
      text: `sidelane ${version}, ${Math.round(seconds)} s; SHA-256 of the payloads ${reproduce.payloadsDigest}`,
    },
    { term: 'Reproduce', text: reproduce.command, isCode: true },
  ]
}

const sources: Readonly<Record<DecisionRecord['contract']['from'], string>> = {
  lock: 'from a lock',
  module: 'from a module',
  zod: 'from a zod schema',
  inferred: 'inferred from the payloads',
  any: 'which accepts anything: nothing was validated',
}
