// The answer on one screen: 80 columns, 40 lines.

import type { DecisionRecord } from '../../decide/index.ts'
import { percentText, rateText, sizeText, timeText, twoDigits } from '../../decide/index.ts'
import type { Io } from '../io.ts'

const width = 80

export function screenText(record: DecisionRecord, style: Io['style']): string {
  const { recommendation, payloads, today } = record
  const bold = (text: string): string => style('bold', text)
  return [
    ...wrap(`${payloadsText(record)}; ${contractText(record)}.`, ''),
    ...wrap(`Today: ${today.text}.`, ''),
    '',
    ...recommendation.sentences.flatMap((sentence, index) =>
      wrap(sentence, '').map((line) => (index === 0 ? bold(line) : line)),
    ),
    '',
    ...table(record, bold),
    ...leftOut(record),
    '',
    bold('What would change this'),
    ...changes(record),
    '',
    bold('Five questions'),
    ...record.answers.flatMap(({ question, yes, evidence }) =>
      wrap(evidence, `  ${question.padEnd(24)} ${(yes === null ? '?' : yes ? 'yes' : 'no').padEnd(4)}`),
    ),
    '',
    ...wrap(confidenceText(record), ''),
    ...(payloads.rejected + payloads.disagreed === 0 ? [] : wrap(notTimed(record), '')),
    ...commandLines(record.reproduce.command),
    '',
  ].join('\n')
}

function payloadsText({ payloads }: DecisionRecord): string {
  const { source, count, p50Bytes, p99Bytes, isSample, read } = payloads
  const part = isSample
    ? ' (a sample of the file)'
    : read > count + payloads.rejected + payloads.disagreed
      ? ` of ${read.toLocaleString('en')}`
      : ''
  const [usual, large] = [sizeText(p50Bytes), sizeText(p99Bytes)]
  const sizes = usual === large ? `of ${usual}` : `${usual} (p50) to ${large} (p99)`
  return `${source}: ${count}${part} payload${count === 1 && part === '' ? '' : 's'}, ${sizes}`
}

const contractText = ({ contract: { from, name, source } }: DecisionRecord): string =>
  ({
    lock: `contract ${name} of ${source}`,
    module: `contract ${name} of ${source}`,
    zod: `contract of the zod schema in ${source}`,
    inferred: 'contract inferred from them: give yours with --contract',
    any: 'no contract: zod is missing, nothing is validated',
  })[from]

const columns = [11, 10, 13, 11, 13] as const
const first = width - columns.reduce((sum, column) => sum + column, 0)

function table({ options, rate, recommendation }: DecisionRecord, bold: (text: string) => string): string[] {
  const row = (label: string, cells: readonly string[]): string =>
    label.padEnd(first) + cells.map((cell, index) => cell.padStart(columns[index] ?? 0)).join('')
  return [
    row('', ['one call', 'calls/s', 'main thread', 'p99 at', 'memory']),
    row('', ['alone', 'per core', 'a payload', rateText(rate.perSecond), 'app+sidecar']),
    ...options.map((option) => {
      const { callUs, callsPerCoreSecond, mainUs, atRate, appBytes, sidecarBytes } = option
      const isChosen = option.id === recommendation.option
      const line = row(`${isChosen ? '>' : ' '} ${option.label}`, [
        timeText(callUs),
        twoDigits(callsPerCoreSecond),
        timeText(mainUs.median),
        atRate.p99Us === null ? (atRate.isCarried ? '?' : 'too much') : timeText(atRate.p99Us),
        memoryText(appBytes, sidecarBytes),
      ])
      return isChosen ? bold(line) : line
    }),
  ]
}

function memoryText(app: number | null, sidecar: number | null): string {
  if (app === null || sidecar === null) return '?'
  const megabytes = (bytes: number): string => String(Math.round(bytes / 1e6))
  return sidecar === 0 ? `${megabytes(app)} MB` : `${megabytes(app)}+${megabytes(sidecar)} MB`
}

const leftOut = ({ leftOut: list }: DecisionRecord): string[] =>
  list.flatMap(({ id, reason }) => wrap(`${id} left out: ${reason}`, '  '))

function changes({ breakEven, stopRule }: DecisionRecord): string[] {
  return [
    ...breakEven.flatMap(({ axis, value, text, confirmation }) =>
      wrap(`${text}${value === null ? '' : confirmationText(confirmation)}`, `  ${axis.padEnd(6)}`),
    ),
    ...wrap(stopRule.text, `  ${'stop'.padEnd(6)}`),
  ]
}

/** What a longer run at the value has shown. */
function confirmationText(confirmation: DecisionRecord['breakEven'][number]['confirmation']): string {
  if (confirmation === null) return ' (not confirmed)'
  const off = `${percentText(Math.abs(confirmation.balance - 1))} off`
  return confirmation.isConfirmed ? ` (a run confirms it: ${off})` : ` (not confirmed: ${off})`
}

function confidenceText({ recommendation, notMeasured }: DecisionRecord): string {
  const reasons = recommendation.reasons.join('; ')
  const missing = notMeasured.length === 0 ? '' : ` Left out, the time was over: ${notMeasured.join(', ')}.`
  return `Confidence ${recommendation.confidence}: ${reasons}.${missing} All ways gave the same output.`
}

function notTimed({ payloads: { rejected, firstRejection, disagreed } }: DecisionRecord): string {
  const parts = [
    ...(rejected === 0 ? [] : [`${rejected} rejected by the contract, the first ${String(firstRejection)}`]),
    ...(disagreed === 0 ? [] : [`${disagreed} that today’s schema judges differently`]),
  ]
  return `Not timed: ${parts.join('; ')}.`
}

/** For a shell, in lines that it joins. */
function commandLines(command: string): string[] {
  const lines = wrap(
    command.replaceAll(' --', '\n--').replaceAll(' ', '\0').replaceAll('\n', ' '),
    'Again: ',
    width - 2,
  )
  return lines.map((line, index) => line.replaceAll('\0', ' ') + (index === lines.length - 1 ? '' : ' \\'))
}

/** Lines of at most 80 columns; the first begins with `head`, the others are indented as far. */
function wrap(text: string, head: string, columnsOfAll = width): string[] {
  const lines: string[] = []
  let line = head
  for (const word of text.split(' ')) {
    const isFirst = line.trim() === '' || line === head
    if (!isFirst && line.length + 1 + word.length > columnsOfAll) {
      lines.push(line)
      line = ' '.repeat(head.length) + word
    } else line = isFirst ? line + word : `${line} ${word}`
  }
  return [...lines, line]
}
