// The report of cases/before-after.ts: the table, the changes against today, and the verdict by the rule of METHOD.md.

import type { BeforeAfter, EndpointRow } from '../cases/before-after.ts'
import type { Target } from '../targets.ts'
import { mib } from './sidecar.ts'
import { figure } from './table.ts'

/** Two values within 15 % are equal. */
const equal = 1.15
/** Less than this is not a noticeable gain. */
const worthMs = 0.5

export function beforeAfterText({ payloads, rows, daemon, capacityPerSecond, perSecond }: BeforeAfter): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en')
  const { name, origin, count, meanBytes, refused } = payloads
  const notSent = refused === 0 ? '' : `; ${refused} that the contract rejects are not sent`
  return [
    `payloads  ${name}: ${origin}; ${count}, mean ${whole(meanBytes)} bytes${notSent}`,
    `a Fastify endpoint at ${whole(perSecond)} requests/s, half of the ${whole(capacityPerSecond)} that it carries with zod+zlib; sidecar: ${daemon}`,
    line([
      'way',
      'app RSS',
      'sidecar RSS',
      'sum',
      'GC p95 ms',
      'GC ms/1,000',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'stall p99 ms',
      'CPU ms/1,000',
    ]),
    ...rows.map((row) =>
      line([
        row.way,
        mib(row.appRss),
        row.sidecarRss === 0 ? '–' : mib(row.sidecarRss),
        mib(memory(row)),
        figure(row.gcP95Ms),
        figure(row.gcMsPer1000),
        figure(row.p50Ms),
        figure(row.p95Ms),
        figure(row.p99Ms),
        figure(row.stallP99Ms),
        figure(row.cpuMsPer1000),
      ]),
    ),
  ].join('\n')
}

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(13))).join('')

const memory = (row: EndpointRow): number => row.appRss + row.sidecarRss

/** The target of the sidecar. */
export function beforeAfterTargets(rows: readonly EndpointRow[]): Target[] {
  const today = rows.find(({ way }) => way === 'zod+zlib')
  const sidecar = rows.find(({ way }) => way === 'sidecar')
  if (today === undefined || sidecar === undefined) return []
  const lower = (name: string, after: number, before: number): Target => {
    if (Number.isNaN(after / before)) return { name, target: 'lower', measured: null, met: null }
    return { name, target: 'lower', measured: `${((after / before - 1) * 100).toFixed(1)} %`, met: after < before }
  }
  return [
    lower('app and sidecar, resident memory against the zod+zlib app', memory(sidecar), memory(today)),
    lower('GC pauses p95 of the sidecar app against the zod+zlib app', sidecar.gcP95Ms, today.gcP95Ms),
  ]
}

/** The rule of METHOD.md, "The verdict of the endpoint". */
export function endpointVerdict(rows: readonly EndpointRow[]): string {
  const today = rows.find(({ way }) => way === 'zod+zlib')
  if (today === undefined) return 'Undecided: the rule needs zod+zlib in the same run.'
  const worth = rows.filter((row) => row !== today && isWorth(row, today))
  const inline = worth.find(({ way }) => way === 'inline')
  const faster = worth.filter((row) => row !== inline && (inline === undefined || isShorter(row.p99Ms, inline.p99Ms)))
  const [elsewhere] = faster.toSorted((a, b) => memory(a) - memory(b))
  const chosen = elsewhere ?? inline
  if (chosen === undefined)
    return 'Do nothing: no way takes clearly less CPU or stalls clearly less than zod+zlib inline.'
  const figures = (row: EndpointRow): string =>
    `${figure(row.cpuMsPer1000)} ms of CPU for 1,000 requests, p99 ${figure(row.p99Ms)} ms, ${mib(memory(row))}`
  const whyNotInline =
    chosen === inline
      ? ' Nothing else answers clearly sooner.'
      : inline === undefined
        ? ' Inline is not worth a change.'
        : ` Inline: ${figures(inline)}.`
  return `Use ${chosen.way}: ${figures(chosen)}; zod+zlib: ${figures(today)}.${whyNotInline}`
}

/** Less CPU or shorter stalls, without later responses. */
const isWorth = (row: EndpointRow, today: EndpointRow): boolean =>
  (today.cpuMsPer1000 > equal * row.cpuMsPer1000 || isShorter(row.stallP99Ms, today.stallP99Ms)) &&
  !isShorter(today.p99Ms, row.p99Ms)

const isShorter = (ms: number, thanMs: number): boolean => thanMs > equal * ms && thanMs - ms >= worthMs
