// The report of cases/sidecar.ts, and its targets.

import type { SidecarRow } from '../cases/sidecar.ts'
import { floorFactor, type Target } from '../targets.ts'
import { figure } from './table.ts'

export function sidecarText(rows: readonly SidecarRow[]): string {
  return [
    line([
      'contender',
      'depth',
      'payloads/s',
      'p50 µs',
      'p99 µs',
      'client µs',
      'daemon µs',
      '/daemon s',
      'client PSS',
      'daemon PSS',
    ]),
    ...rows.map((row) =>
      line([
        row.id,
        String(row.depth),
        whole(row.payloadsPerSecond),
        figure(row.p50Us),
        figure(row.p99Us),
        figure(row.clientUs),
        figure(row.daemonUs),
        whole(row.payloadsPerDaemonSecond),
        mib(row.clientPss),
        mib(row.daemonPss),
      ]),
    ),
  ].join('\n')
}

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(i === 1 ? 5 : 12))).join('')

const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–')
export const mib = (bytes: number): string => (Number.isFinite(bytes) ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : '–')

/** The targets of the Rust daemon and its client, relative to the Axum peers of the same run. */
export function sidecarTargets(rows: readonly SidecarRow[]): Target[] {
  const find = (id: string, depth: number): SidecarRow | undefined =>
    rows.find((row) => row.id === id && row.depth === depth)
  const client = (peer: string, depth: number, part: number): Target => {
    const [ours, theirs] = [find('sidecar-rust', depth), find(peer, depth)]
    const name = `client CPU of sidecar-rust against ${peer} at depth ${depth}`
    const target = `≤ 1/${part}`
    const times = (theirs?.clientUs ?? Number.NaN) / (ours?.clientUs ?? Number.NaN)
    if (Number.isNaN(times)) return { name, target, measured: null, met: null }
    return { name, target, measured: `1/${down(times, 1)}`, met: times >= part }
  }
  const daemon = (peer: string, times: number): Target => {
    const [ours, theirs] = [find('sidecar-rust', 64), find(peer, 64)]
    const name = `payloads per daemon-CPU-second of sidecar-rust against ${peer}`
    const target = `≥ ${times} ×`
    const ratio = (theirs?.daemonUs ?? Number.NaN) / (ours?.daemonUs ?? Number.NaN)
    if (Number.isNaN(ratio)) return { name, target, measured: null, met: null }
    return { name, target, measured: `${down(ratio, 2)} ×`, met: ratio >= times }
  }
  const floor = (): Target => {
    const [ours, bare] = [find('sidecar-rust', 64), find('sidecar-floor', 64)]
    const name = 'client CPU of sidecar-rust against sidecar-floor at depth 64'
    const target = `≤ ${floorFactor} ×`
    const ratio = (ours?.clientUs ?? Number.NaN) / (bare?.clientUs ?? Number.NaN)
    if (Number.isNaN(ratio)) return { name, target, measured: null, met: null }
    return { name, target, measured: `${(Math.ceil(ratio * 100) / 100).toFixed(2)} ×`, met: ratio <= floorFactor }
  }
  return [
    client('axum-http', 64, 12),
    client('axum-http', 8, 8),
    client('axum-http', 1, 4),
    client('axum-raw', 64, 6),
    client('axum-raw', 8, 4),
    client('axum-raw', 1, 2.5),
    floor(),
    daemon('axum-http', 3),
    daemon('axum-http-zlib-rs', 2.2),
    daemon('axum-raw', 1.15),
  ]
}

/** Rounded to our disadvantage. */
const down = (value: number, digits: number): string =>
  (Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits)
