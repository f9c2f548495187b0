// The recommendation, by the rule of METHOD.md ("The verdict"). A pure function of the rows.

import type { Row } from './report/row.ts'
import { figure } from './report/table.ts'

export interface Verdict {
  /** Name of the payload set. */
  readonly payloads: string
  readonly use: 'inline' | 'pool' | 'do nothing' | 'undecided'
  /** The engine; null for `do nothing` and `undecided`. */
  readonly engine: 'js' | 'native' | null
  /** The rate from which the pool is better; null for never or always. */
  readonly poolFromPerSecond: number | null
  /** The verdict and its reasons, in sentences. */
  readonly text: string
}

/** Two values within 15 % are equal. */
const equal = 1.15
/** A smaller saving for each payload is not worth a change. */
const worthUs = 10
/** The longest call that may block the event loop. */
const longestInlineUs = 500
/** A pool this many times as fast as inline is chosen for its throughput. */
const muchFaster = 1.5
/** Inline may take this share of the main thread before the pool is recommended. */
const mainThreadShare = 0.25

/** `rows` of one payload set. Only rows with digest `none` count, because that is the work of `zod+zlib`. */
export function decide(payloads: string, rows: readonly Row[], wakeP50Us: number): Verdict {
  const plain = rows.filter((row) => row.digest === 'none')
  const today = plain.find((row) => row.id === 'zod+zlib')
  const inline = better(plain, 'inline', 1)
  if (today === undefined || inline === undefined) {
    const text = 'Undecided: the rule needs zod+zlib and one of our inline rows in the same run.'
    return { payloads, use: 'undecided', engine: null, poolFromPerSecond: null, text }
  }
  const deepest = Math.max(0, ...plain.filter((row) => isOurs(row, 'pool')).map((row) => row.depth))
  const pool = better(plain, 'pool', deepest)
  const why = pool === undefined ? undefined : poolReason(inline, pool)
  if (pool !== undefined && why !== undefined && isWorth(today, pool)) {
    const text = `Use the pool with the ${engineOf(pool)} engine: ${why} ${lone(plain, pool, inline, wakeP50Us)}`
    return { payloads, use: 'pool', engine: engineOf(pool), poolFromPerSecond: null, text: text.trim() }
  }
  if (!isWorth(today, inline)) return nothing(payloads, today, inline)
  const poolFromPerSecond = pool === undefined ? null : poolFrom(inline, pool)
  const gain = `${each(inline)}, ${(today.usPerPayload / inline.usPerPayload).toFixed(1)} times as fast as zod+zlib (${each(today)}).`
  const size =
    inline.sizeToZlib > 1.02
      ? ` Its bodies are ${Math.round((inline.sizeToZlib - 1) * 100)} % larger than node:zlib's.`
      : ''
  const text = `Use inline with the ${engineOf(inline)} engine: ${gain}${size} ${later(plain, pool, inline, poolFromPerSecond, wakeP50Us)}`
  return { payloads, use: 'inline', engine: engineOf(inline), poolFromPerSecond, text: text.trim() }
}

/** Trained contracts are left out: the question is what an untrained one is worth. */
const isOurs = (row: Row, placement: 'inline' | 'pool'): boolean =>
  row.side === 'ours' && row.placement === placement && !row.id.endsWith('-trained')

const engineOf = (row: Row): 'js' | 'native' => (row.id.endsWith('-native') ? 'native' : 'js')

const each = (row: Row): string => `${figure(row.usPerPayload)} µs a payload`

/** native only if it is more than equal: js needs no native code. */
function better(rows: readonly Row[], placement: 'inline' | 'pool', depth: number): Row | undefined {
  const at = rows.filter((row) => isOurs(row, placement) && row.depth === depth)
  const js = at.find((row) => engineOf(row) === 'js')
  const native = at.find((row) => engineOf(row) === 'native')
  if (js === undefined || native === undefined) return js ?? native
  return js.usPerPayload > equal * native.usPerPayload ? native : js
}

const isWorth = (today: Row, ours: Row): boolean =>
  today.usPerPayload > equal * ours.usPerPayload && today.usPerPayload - ours.usPerPayload >= worthUs

function poolReason(inline: Row, pool: Row): string | undefined {
  const speed = inline.usPerPayload / pool.usPerPayload
  if (speed >= muchFaster) return `at depth ${pool.depth} it is ${speed.toFixed(1)} times as fast as inline.`
  if (inline.p50Us > longestInlineUs && pool.mainThreadUs * 2 <= inline.mainThreadUs) {
    return `one payload would block the event loop for ${figure(inline.p50Us)} µs inline; the pool takes ${figure(pool.mainThreadUs)} µs of the main thread.`
  }
  return undefined
}

/**
 * The rate at which inline takes a quarter of the main thread, if the pool leaves half of that free and supports twice
 * the rate.
 */
function poolFrom(inline: Row, pool: Row): number | null {
  if (pool.mainThreadUs * 2 > inline.mainThreadUs) return null
  const perSecond = (mainThreadShare * 1e6) / inline.mainThreadUs
  return pool.payloadsPerSecond >= 2 * perSecond ? roundTo2(perSecond) : null
}

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
