// One result of `--stages`: a stage of one contender for one payload set, as in the JSON file.

import type { PayloadSet } from '../payloads/sets.ts'

/** In the order of a payload's way; `whole` is all of them in one call. */
export const stageNames = ['parse', 'validate', 'canonical', 'digest', 'compress', 'whole'] as const
export type Stage = (typeof stageNames)[number]

/** A measured stage, before it is compared. */
export interface Measured {
  readonly stage: Stage
  readonly id: string
  /** For each payload: the best round, because what other processes take is no part of a stage; and the median. */
  readonly us: number
  readonly medianUs: number
  /** Mean size of the result where the stage compresses, else null. */
  readonly outBytes: number | null
  readonly rounds: number
}

export interface StageRow extends Measured {
  /** Name of the payload set. */
  readonly payloads: string
  /** The size that the set stands for in its series, in bytes; for a set of its own the mean. */
  readonly size: number
  /** Mean size of a payload. */
  readonly meanBytes: number
  /** `us` in ns for a byte of the payload. */
  readonly nsPerByte: number
  /** Canonical bytes for a byte of the result where the stage compresses, else null. */
  readonly ratio: number | null
  /** Speed relative to the stage's reference: its `us` divided by this row's; null when the reference did not run. */
  readonly speed: number | null
}

/** What `speed` refers to: the first that ran. */
export const references: Readonly<Record<Stage, readonly string[]>> = {
  parse: ['JSON.parse'],
  validate: ['zod'],
  canonical: ['canonicalize'],
  digest: ['node:crypto'],
  compress: ['libdeflate-1', 'node:zlib-1'],
  whole: ['zod+zlib+jcs'],
}

/** The reference among the rows of one stage. */
export const referenceOf = <R extends Measured>(stage: Stage, rows: readonly R[]): R | undefined =>
  references[stage]
    .map((id) => rows.find((row) => row.stage === stage && row.id === id))
    .find((row) => row !== undefined)

/** Compares the results of one set. `bytes` are means. */
export function toRows(
  { name, series }: Pick<PayloadSet, 'name' | 'series'>,
  bytes: { readonly payload: number; readonly canonical: number },
  measured: readonly Measured[],
): StageRow[] {
  const order = (row: Measured): number => stageNames.indexOf(row.stage)
  return measured
    .toSorted((one, other) => order(one) - order(other))
    .map((row) => {
      const reference = referenceOf(row.stage, measured)
      return {
        ...row,
        payloads: name,
        size: series?.bytes ?? Math.round(bytes.payload),
        meanBytes: bytes.payload,
        nsPerByte: (row.us * 1000) / bytes.payload,
        ratio: row.outBytes === null ? null : bytes.canonical / row.outBytes,
        speed: reference === undefined ? null : reference.us / row.us,
      }
    })
}
