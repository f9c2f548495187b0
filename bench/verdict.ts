// The recommendation, by the rule of METHOD.md ("The verdict"). A pure function of the rows.

import { choosePlacement, defaultLimits, type Ruling, type Way } from '../src/decide/placement-rule.ts'
import type { SidecarRow } from './cases/sidecar.ts'
import type { Row } from './report/row.ts'
import { figure } from './report/table.ts'

export interface Verdict {
  /** Name of the payload set. */
  readonly payloads: string
  readonly use: 'inline' | 'pool' | 'sidecar' | 'do nothing' | 'undecided'
  /** The engine; null for `do nothing` and `undecided`. */
  readonly engine: 'js' | 'native' | null
  /** The rate from which the pool is better; null for never or always. */
  readonly poolFromPerSecond: number | null
  /** The verdict and its reasons, in sentences. */
  readonly text: string
}

type RowWay = Way & { readonly row: Row }
type SidecarWay = Way & { readonly id: string }

/**
 * `rows` of one payload set. Those with digest `none` count, because that is the work of `zod+zlib`. The sidecar has the
 * digest: it is compared with the rows that have it too.
 */
export function decide(
  payloads: string,
  rows: readonly Row[],
  wakeP50Us: number,
  sidecars: readonly SidecarRow[] = [],
): Verdict {
  const plain = rows.filter((row) => row.digest === 'none')
  const today = plain.find((row) => row.id === 'zod+zlib')
  const ruling = ruleOn(today, waysOf(plain))
  const { way, inline, away } = ruling
  if (today === undefined || inline === undefined) {
    const text = 'Undecided: the rule needs zod+zlib and one of our inline rows in the same run.'
    return { payloads, use: 'undecided', engine: null, poolFromPerSecond: null, text }
  }
  const behind = sidecarWays(sidecars)
  const digested = rows.filter((row) => row.digest === 'sha-256')
  const second = ruleOn(
    digested.find((row) => row.id === 'zod+zlib+jcs'),
    [...waysOf(digested), ...behind],
  )
  if (ruling.use !== 'do nothing' && second.use === 'sidecar' && second.way !== undefined) {
    const { way: sidecar, inline: beside } = second
    const text = `Use the sidecar (${(sidecar as SidecarWay).id}): it takes ${figure(sidecar.mainUs)} µs a payload of the main thread, inline ${figure(beside?.mainUs ?? Number.NaN)} (both with SHA-256).`
    return { payloads, use: 'sidecar', engine: sidecar.engine, poolFromPerSecond: null, text }
  }
  if (way === undefined || ruling.use === 'do nothing') return nothing(payloads, today, inline.row)
  const pool = away?.row
  const other = sidecarNote(behind, second.away)
  if (ruling.use === 'pool' && pool !== undefined) {
    const text = `Use the pool with the ${way.engine} engine: ${poolReason(ruling, inline.row, pool)} ${lone(plain, pool, inline.row, wakeP50Us)}`
    return { payloads, use: 'pool', engine: way.engine, poolFromPerSecond: null, text: `${text.trim()}${other}` }
  }
  const from = ruling.awayFromPerSecond
  const poolFromPerSecond = from === null ? null : roundTo2(from)
  const { row } = inline
  const gain = `${each(row)}, ${(today.usPerPayload / row.usPerPayload).toFixed(1)} times as fast as zod+zlib (${each(today)}).`
  const size =
    row.sizeToZlib > 1.02 ? ` Its bodies are ${Math.round((row.sizeToZlib - 1) * 100)} % larger than node:zlib's.` : ''
  const text = `Use inline with the ${way.engine} engine: ${gain}${size} ${later(plain, pool, row, poolFromPerSecond, wakeP50Us)}`
  return { payloads, use: 'inline', engine: way.engine, poolFromPerSecond, text: `${text.trim()}${other}` }
}

const ruleOn = <W extends Way>(today: Row | undefined, ways: readonly W[]): Ruling<W> =>
  choosePlacement({
    today: today && { costUs: today.usPerPayload, mainUs: today.mainThreadUs },
    ways,
    rate: 'highest',
    limits: defaultLimits,
  })

/** Ours, pools at the greatest depth. Trained contracts are left out: the question is what an untrained one is worth. */
function waysOf(rows: readonly Row[]): RowWay[] {
  const ours = rows.filter((row) => row.side === 'ours' && !/-(?:trained|app)$/.test(row.id))
  const deepest = Math.max(0, ...ours.filter((row) => row.placement === 'pool').map((row) => row.depth))
  return ours
    .filter((row) => row.depth === (row.placement === 'pool' ? deepest : 1))
    .map((row) => ({
      placement: row.placement,
      engine: row.id.endsWith('-native') ? 'native' : 'js',
      costUs: row.usPerPayload,
      mainUs: row.mainThreadUs,
      perSecond: row.payloadsPerSecond,
      memoryBytes: null,
      row,
    }))
}

/** The better one of both daemons, at the greatest depth; empty without one. */
function sidecarWays(rows: readonly SidecarRow[]): SidecarWay[] {
  const own = rows.filter(({ id }) => id === 'sidecar-rust' || id === 'sidecar-node')
  const deepest = Math.max(0, ...own.map(({ depth }) => depth))
  return own
    .filter(({ depth }) => depth === deepest)
    .toSorted((a, b) => a.daemonUs - b.daemonUs)
    .slice(0, 1)
    .map(({ id, payloadsPerSecond, clientUs }) => ({
      placement: 'sidecar',
      engine: 'native',
      costUs: 1e6 / payloadsPerSecond,
      mainUs: clientUs,
      perSecond: payloadsPerSecond,
      memoryBytes: null,
      id,
    }))
}

function sidecarNote([sidecar]: readonly SidecarWay[], away: Way | undefined): string {
  if (sidecar === undefined) return ''
  const pool = away?.placement === 'pool' ? `, the pool ${figure(away.mainUs)}` : ''
  return ` With SHA-256, the sidecar takes ${figure(sidecar.mainUs)} µs a payload of the main thread${pool}.`
}

const each = (row: Row): string => `${figure(row.usPerPayload)} µs a payload`

const poolReason = ({ reason }: Ruling, inline: Row, pool: Row): string =>
  reason === 'throughput'
    ? `at depth ${pool.depth} it is ${(inline.usPerPayload / pool.usPerPayload).toFixed(1)} times as fast as inline.`
    : `one payload would block the event loop for ${figure(inline.mainThreadUs)} µs inline; the pool takes ${figure(pool.mainThreadUs)} µs of the main thread.`

function nothing(payloads: string, today: Row, inline: Row): Verdict {
  const saved = today.usPerPayload - inline.usPerPayload
  const text =
    saved > 0
      ? `Do nothing: our best inline row saves ${figure(saved)} µs of ${figure(today.usPerPayload)} a payload, which is not worth a change.`
      : `Do nothing: zod+zlib takes ${each(today)}, our best inline row ${figure(inline.usPerPayload)} µs.`
  return { payloads, use: 'do nothing', engine: null, poolFromPerSecond: null, text }
}

function later(
  rows: readonly Row[],
  pool: Row | undefined,
  inline: Row,
  from: number | null,
  wakeP50Us: number,
): string {
  if (pool === undefined) return ''
  if (from === null)
    return 'The pool has no advantage here: it leaves less than half of that time free on the main thread, or is too slow.'
  const share = `inline then takes a quarter of the main thread, the pool ${figure(pool.mainThreadUs)} µs a payload of it`
  return `From about ${from.toLocaleString('en')} payloads/s on use the pool: ${share}. ${lone(rows, pool, inline, wakeP50Us)}`
}

/** The latency of a lone call. */
function lone(rows: readonly Row[], pool: Row, inline: Row, wakeP50Us: number): string {
  const single = rows.find((row) => row.id === pool.id && row.depth === 1)
  if (single === undefined) return ''
  return `A lone call takes ${figure(single.p50Us)} µs there (p50; round trip to a sleeping thread ${figure(wakeP50Us)}), inline ${figure(inline.p50Us)}.`
}

const roundTo2 = (value: number): number => Number(value.toPrecision(2))
