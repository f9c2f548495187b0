// The page of `--html`: the same look as that of a decision.

import { renderPage, type Page, type Point, type Table } from '../../src/report/index.ts'
import { figuresOf, mainSet } from './figures.ts'
import { isShown } from './ids.ts'
import { sidecarRows, type FullResult } from './result.ts'

export const renderBench = (result: FullResult): string => renderPage(benchPage(result))

function benchPage(result: FullResult): Page {
  const { header, verdict, verdicts, at } = result
  const { machine } = header
  const [headline, lead] = split(verdict?.text ?? 'No verdict: no payload set that the contract accepts was measured.')
  const first = verdict === null ? '' : ` · ${verdict.payloads}`
  return {
    title: `${headline}${first} · sidelane bench`,
    eyebrow: `sidelane bench${first} · ${at.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}`,
    headline,
    lead: lead === '' ? [] : [lead],
    badge:
      machine.load > machine.cores / 2
        ? {
            text: `Busy machine: load ${machine.load}`,
            tone: 'caution',
            reasons: ['Trust the ratios only: absolute times are those of a shared machine.'],
          }
        : null,
    blocks: [
      { kind: 'table', title: 'Side by side', text: sideBySideText(result), table: sideBySide(result) },
      ...(verdicts.length > 1
        ? [
            {
              kind: 'points',
              title: 'Other payloads',
              points: verdicts.slice(1).map(({ payloads, text }) => ({ term: payloads, text })),
            } as const,
          ]
        : []),
      { kind: 'figures', title: 'Pictures', figures: figuresOf(result) },
      // The project's own targets, with --targets only.
      ...(result.memory !== undefined
        ? [{ kind: 'table', title: 'Speed to reach', text: '', table: targetTable(result) } as const]
        : []),
      { kind: 'points', title: 'How it was measured', points: method(result) },
    ],
    record: result,
  }
}

/** `Use inline with the js engine` and the reasons. */
function split(text: string): [string, string] {
  const end = text.indexOf(': ')
  if (end === -1) return [text, '']
  const rest = text.slice(end + 2)
  return [`${text.slice(0, end)}.`, `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`]
}

const sideBySideText = (result: FullResult): string =>
  `Payload set ${mainSet(result).name}. Pools and sidecars with 64 calls in flight, the others with one; the sidecar computes SHA-256 too.`

function sideBySide(result: FullResult): Table {
  const { name, rows } = mainSet(result)
  const chosen = result.verdicts.find(({ payloads }) => payloads === name)
  const plain = rows.filter(({ id, depth, placement }) => isShown(id) && (placement === 'inline' || depth === 64))
  const tagOf = (id: string): { tag?: string } => {
    if (chosen === undefined) return {}
    const { use, engine } = chosen
    if (use === 'do nothing') return id === 'zod+zlib' ? { tag: 'keep it' } : {}
    return id === `${use}-${String(engine)}` || (use === 'sidecar' && id === 'sidecar-rust')
      ? { tag: 'recommended' }
      : {}
  }
  return {
    caption: `Contenders, payload set ${name}`,
    columns: [
      { title: 'Contender', unit: null },
      { title: 'Time a payload', unit: 'us' },
      { title: 'Payloads/s', unit: 'rate' },
      { title: 'Main thread', unit: 'us' },
      { title: 'p99', unit: 'us' },
      { title: '× zod+zlib', unit: 'times' },
    ],
    rows: [
      ...plain.map((row) => ({
        cells: [row.id, row.usPerPayload, row.payloadsPerSecond, row.mainThreadUs, row.p99Us, row.ratioZodZlib],
        ...tagOf(row.id),
      })),
      ...sidecarRows(result)
        .filter(({ id, depth }) => isShown(id) && depth === 64)
        .map((row) => ({
          cells: [row.id, 1e6 / row.payloadsPerSecond, row.payloadsPerSecond, row.clientUs, row.p99Us, '–'],
          ...tagOf(row.id),
        })),
    ],
  }
}

const targetTable = ({ targets }: FullResult): Table => ({
  caption: 'Targets of this version',
  columns: [
    { title: 'Target', unit: null },
    { title: 'To reach', unit: null },
    { title: 'Measured', unit: null },
    { title: 'Result', unit: null },
  ],
  rows: targets.map(({ name, target, measured, met }) => ({
    cells: [name, target, measured, met === null ? 'not measured' : met ? 'met' : 'not met'],
  })),
})

function method(result: FullResult): Point[] {
  const { header, rates, beforeAfter, stages = [] } = result
  const { machine, sets } = header
  const absent = [
    ...(rates.length === 0 ? ['latency against load'] : []),
    ...(beforeAfter === undefined ? ['memory and garbage collection before and after'] : []),
    ...(stages.length === 0 ? ['the stages'] : []),
  ]
  return [
    ...sets.map(({ name, origin, count, meanBytes, refused }) => ({
      term: `Payloads: ${name}`,
      text: `${origin}; ${count}, mean ${Math.round(meanBytes).toLocaleString('en')} bytes${refused > 0 ? `; ${refused} that the contract rejects were not timed` : ''}`,
    })),
    ...sets.flatMap(({ name, leftOut }) =>
      Object.entries(leftOut).map(([id, why]) => ({ term: `Left out: ${id}, ${name}`, text: why })),
    ),
    {
      term: 'Machine',
      text: `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.os}, Node ${machine.node}, zlib ${machine.zlib}; load ${machine.load} at the start`,
    },
    {
      term: 'Versions',
      text: Object.entries(machine.packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    },
    ...header.engines.map(({ name, text }) => ({ term: `Engine: ${name}`, text })),
    {
      term: 'Rounds',
      text: `${header.rounds} or more, interleaved; CPU time from ${header.cpuMethod}; seed ${header.seed}`,
    },
    {
      term: 'Equal work',
      text: 'Every contender processed every payload before the timing, and every outcome was compared with the reference.',
    },
    ...(absent.length > 0 ? [{ term: 'Not in this run', text: `${absent.join(', ')}: add --full` }] : []),
    { term: 'Method', text: 'bench/METHOD.md' },
  ]
}
