// One row of the table and of the JSON file.

import type { Contender } from '../../src/measure/contender.ts'
import type { Variant, Timing } from '../../src/measure/slots.ts'

export interface Row {
  /** The contender: `zod+zlib`, `inline-native`, … */
  readonly id: string
  readonly side: 'peer' | 'ours' | 'floor'
  readonly placement: 'inline' | 'pool'
  /** Name of the payload set. */
  readonly payloads: string
  readonly digest: 'none' | 'sha-256'
  /** Calls in flight. */
  readonly depth: number
  /** Wall time for each payload: the median of the rounds, the best and the worst round. */
  readonly usPerPayload: number
  readonly minUsPerPayload: number
  readonly maxUsPerPayload: number
  readonly payloadsPerSecond: number
  /** Latency of single calls, all rounds together. */
  readonly p50Us: number
  readonly p99Us: number
  /** CPU time of the main thread, the median of the rounds. */
  readonly mainThreadUs: number
  /** Mean size of a body. */
  readonly outBytes: number
  /** The size of all bodies relative to gzip level 1 of node:zlib: 1.02 is two per cent larger. */
  readonly sizeToZlib: number
  /** Speed relative to the baseline; null when the baseline did not run. */
  readonly ratioZodZlib: number | null
  readonly ratioZodZlibJcs: number | null
  readonly rounds: number
  /** Timed calls. */
  readonly calls: number
}

/** The verified outcome sizes of a variant. */
export interface Sizes {
  readonly passBytes: number
  readonly zlibBytes: number
  readonly payloads: number
}

/** A floor does no work: its speed says nothing. */
const ratioOf = (baseline: number | undefined, { side }: Contender, us: number): number | null =>
  baseline === undefined || side === 'floor' ? null : baseline / us

export function toRows(
  set: string,
  variants: readonly Variant[],
  timings: readonly Timing[],
  sizes: readonly Sizes[],
): Row[] {
  const us = (id: string): number | undefined =>
    timings[variants.findIndex((variant) => variant.contender.id === id)]?.usPerPayload
  const [zodZlib, zodZlibJcs] = [us('zod+zlib'), us('zod+zlib+jcs')]
  return variants.map(({ contender, depth }, index) => {
    const { rounds, calls, ...timing } = timings[index] as Timing
    const { passBytes, zlibBytes, payloads } = sizes[index] as Sizes
    return {
      id: contender.id,
      side: contender.side,
      placement: contender.mode === 'pool' ? 'pool' : 'inline',
      payloads: set,
      digest: contender.digest,
      depth,
      ...timing,
      payloadsPerSecond: 1e6 / timing.usPerPayload,
      outBytes: passBytes / payloads,
      sizeToZlib: zlibBytes === 0 ? 1 : passBytes / zlibBytes,
      ratioZodZlib: ratioOf(zodZlib, contender, timing.usPerPayload),
      ratioZodZlibJcs: ratioOf(zodZlibJcs, contender, timing.usPerPayload),
      rounds,
      calls,
    }
  })
}
