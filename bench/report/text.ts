// The report as text: header, one table for each payload set, verdicts, targets.

import type { SetReport } from '../cases/compare.ts'
import type { WakeProbe } from '../measure/wake.ts'
import type { Verdict } from '../verdict.ts'
import type { Header } from './header.ts'
import type { Row } from './row.ts'
import { figure, table } from './table.ts'

export function headerText({ machine, engines, cpuMethod, poolThreads, rounds, seed }: Header): string {
  const features = machine.cpuFeatures.length > 0 ? ` (${machine.cpuFeatures.join(' ')})` : ''
  const busy = machine.load > machine.cores / 2 ? `  — busy: load ${machine.load}; trust the ratios only` : ''
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`)
  return [
    `machine   ${machine.cpu}${features}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.os}${busy}`,
    `node      ${machine.node}, V8 ${machine.v8}, zlib ${machine.zlib}`,
    `peers     ${packages.join(', ')}`,
    ...engines.map(({ name, text }) => `${name.padEnd(8)}  ${text}`),
    `pools     ${poolThreads} ${poolThreads === 1 ? 'thread' : 'threads'} each`,
    `main µs   ${cpuMethod}`,
    `rounds    ${rounds}, interleaved; µs each = their median, min = the best; generated payloads from seed ${seed}`,
  ].join('\n')
}

export function setText(report: SetReport, rows: readonly Row[], wake: WakeProbe | null): string {
  const { contract } = report
  const part = report.available > report.count + report.refused ? ` of ${report.available}` : ''
  const few = report.distinct < 256 ? ' (few: caches and branch predictors adapt to so small a set)' : ''
  const codec = contract.level === null ? contract.codec : `${contract.codec} level ${contract.level}`
  return [
    `payloads  ${report.name}: ${report.origin}; ${report.count}${part}, ${report.distinct} distinct${few}, mean ${Math.round(report.meanBytes).toLocaleString('en')} bytes`,
    `contract  ${contract.name} ${contract.id.slice(0, 12)} (digest none), ${codec}`,
    ...(report.refused > 0
      ? [`refused   ${report.refused}, not timed; the first: ${String(report.firstRefusal)}`]
      : []),
    ...Object.entries(report.leftOut).map(([id, why]) => `left out  ${id}: ${why}`),
    '',
    table(rows),
    '',
    ...(wake === null
      ? []
      : [
          `A round trip to a sleeping thread takes ${figure(wake.p50Us)} µs (p50), ${figure(wake.p99Us)} (p99): the minimum of every pool row at depth 1.`,
        ]),
    `A caller with an object instead of bytes needs another ${figure(report.stringifyUs)} µs for JSON.stringify, in every row.`,
  ].join('\n')
}

export const verdictText = (verdicts: readonly Verdict[]): string =>
  verdicts.map(({ payloads, text }) => `${payloads}: ${text}`).join('\n')
