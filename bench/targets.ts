// The speed targets of this version, for the rows of the order events. With --strict a missed target is an error.

import type { Memory } from './cases/memory.ts'
import type { Row } from './report/row.ts'

export interface Target {
  readonly name: string
  readonly target: string
  /** null: not measured. */
  readonly measured: string | null
  readonly met: boolean | null
}

type Find = (id: string, digest?: 'none' | 'sha-256', depth?: number) => Row | undefined

/** Most CPU of the caller's thread at depth 64, relative to that of a bare loop. */
export const floorFactor = 1.5

/** `rows` must be those of the set `orders`. */
export function judge(rows: readonly Row[], memory: readonly Memory[] | undefined): Target[] {
  const find: Find = (id, digest = 'none', depth = 1) =>
    rows.find((row) => row.id === id && row.digest === digest && row.depth === depth)
  const faster = (id: string, digest: 'none' | 'sha-256', peer: string, times: number): Target => {
    const [ours, theirs] = [find(id, digest), find(peer, digest)]
    const name = `${id} against ${peer}, digest ${digest}`
    const target = `≥ ${times} ×`
    if (ours === undefined || theirs === undefined) return { name, target, measured: null, met: null }
    const ratio = theirs.usPerPayload / ours.usPerPayload
    return { name, target, measured: `${towards(Math.floor, ratio)} ×`, met: ratio >= times }
  }
  const mainThread = (id: string, other: string, most: number): Target => {
    const [ours, theirs] = [find(id, 'none', 64), find(other, 'none', 64)]
    const name = `${id}, main thread at depth 64 against ${other}`
    const target = `≤ ${most} ×`
    if (ours === undefined || theirs === undefined) return { name, target, measured: null, met: null }
    const ratio = ours.mainThreadUs / theirs.mainThreadUs
    return { name, target, measured: `${towards(Math.ceil, ratio)} ×`, met: ratio <= most }
  }
  return [
    faster('inline-native', 'none', 'zod+zlib', 6.5),
    faster('inline-native-trained', 'none', 'zod+zlib', 8),
    faster('inline-native', 'sha-256', 'zod+zlib+jcs', 9.5),
    faster('inline-native-trained', 'sha-256', 'zod+zlib+jcs', 11),
    faster('inline-js', 'none', 'zod+zlib', 1.7),
    faster('inline-js', 'sha-256', 'zod+zlib+jcs', 2.3),
    mainThread('pool-js', 'piscina-plain', 0.125),
    mainThread('pool-native', 'piscina-plain', 0.125),
    mainThread('pool-js', 'pool-floor', floorFactor),
    mainThread('pool-native', 'pool-floor', floorFactor),
    ...(memory ?? []).map(flat),
  ]
}

/** Rounded to our disadvantage, so that a near miss does not look like a success. */
const towards = (round: (value: number) => number, ratio: number): string => (round(ratio * 100) / 100).toFixed(2)

function flat({ id, ratio }: Memory): Target {
  const measured = `${((ratio - 1) * 100).toFixed(1)} %`
  return {
    name: `${id}, RSS after 100,000 against 20,000 payloads`,
    target: '± 5 %',
    measured,
    met: Math.abs(ratio - 1) <= 0.05,
  }
}

export function targetList(targets: readonly Target[]): string {
  const width = Math.max(...targets.map(({ name }) => name.length))
  return targets
    .map(({ name, target, measured, met }) => {
      const word = met === null ? 'not measured' : met ? 'met' : 'NOT met'
      return `${name.padEnd(width)}  ${target.padEnd(8)}  ${(measured ?? '–').padStart(8)}  ${word}`
    })
    .join('\n')
}
