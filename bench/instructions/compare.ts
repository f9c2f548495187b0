// Compares instruction counts with the recorded ones.

/** What must be the same for counts to be comparable. */
export interface Origin {
  /** `rustc -vV`: release, commit and host. */
  readonly rustc: string
  /** The C compiler, for libdeflate. */
  readonly cc: string
  /** Features that the program finds under callgrind, which are fewer than those of the machine. */
  readonly features: readonly string[]
}

export interface Count {
  readonly stage: string
  /** Name of the payload set. */
  readonly payloads: string
  /** Of the set, in bytes. */
  readonly bytes: number
  /** For the whole set. */
  readonly instructions: number
}

/** The content of bench/record/instructions.json. */
export interface Recorded {
  readonly note: string
  readonly origin: Origin
  /** SHA-256 of payloads and locks. */
  readonly inputs: string
  readonly counts: readonly Count[]
}

export type Counted = Omit<Recorded, 'note'>

export interface Delta extends Count {
  /** Undefined: not recorded yet. */
  readonly recorded: number | undefined
  /** Relative to the recorded count: 0.01 is one per cent more. */
  readonly change: number | undefined
}

export type Comparison =
  /** Another compiler or processor: counts say nothing. */
  | { readonly kind: 'other-origin'; readonly differences: readonly string[] }
  /** Payloads or locks have changed since. */
  | { readonly kind: 'other-inputs' }
  | {
      readonly kind: 'compared'
      readonly deltas: readonly Delta[]
      /** Those with too many instructions. */
      readonly failed: readonly Delta[]
      /** Recorded, but not counted any more. */
      readonly gone: readonly Count[]
    }

/** A count may grow by this many per cent. */
export const maxGrowthPercent = 3

const hasGrown = ({ instructions, recorded }: Delta): boolean =>
  recorded !== undefined && instructions * 100 > recorded * (100 + maxGrowthPercent)

export function compare(recorded: Recorded, counted: Counted): Comparison {
  const differences = differencesOf(recorded.origin, counted.origin)
  if (differences.length > 0) return { kind: 'other-origin', differences }
  if (recorded.inputs !== counted.inputs) return { kind: 'other-inputs' }
  const same = (one: Count, other: Count): boolean => one.stage === other.stage && one.payloads === other.payloads
  const deltas = counted.counts.map((count): Delta => {
    const before = recorded.counts.find((one) => same(one, count))?.instructions
    return { ...count, recorded: before, change: before === undefined ? undefined : count.instructions / before - 1 }
  })
  return {
    kind: 'compared',
    deltas,
    failed: deltas.filter(hasGrown),
    gone: recorded.counts.filter((one) => !counted.counts.some((other) => same(one, other))),
  }
}

function differencesOf(recorded: Origin, own: Origin): string[] {
  const text = ({ rustc, cc, features }: Origin): [string, string][] => [
    ['rustc', rustc],
    ['C compiler', cc],
    ['processor features', features.join(' ')],
  ]
  const now = text(own)
  return text(recorded).flatMap(([name, before], index) => {
    const [, after] = now[index] as [string, string]
    return before === after ? [] : [`${name}: recorded \`${before}\`, here \`${after}\``]
  })
}

/** The table of all counts: instructions for a byte of the payloads, and the change. */
export function comparisonText(deltas: readonly Delta[]): string {
  const width = Math.max(...deltas.map(({ payloads }) => payloads.length))
  const lines = deltas.map((one) => {
    const { stage, payloads, bytes, instructions, change } = one
    const each = (instructions / bytes).toFixed(2).padStart(8)
    const delta = change === undefined ? 'new' : `${change < 0 ? '−' : '+'}${Math.abs(change * 100).toFixed(2)} %`
    const bad = hasGrown(one) ? '  too many' : ''
    return `${stage.padEnd(14)}  ${payloads.padEnd(width)}  ${instructions.toLocaleString('en').padStart(12)}  ${each}  ${delta.padStart(9)}${bad}`
  })
  const head = `${'stage'.padEnd(14)}  ${'payloads'.padEnd(width)}  ${'instructions'.padStart(12)}  ${'a byte'.padStart(8)}  ${'change'.padStart(9)}`
  return [head, ...lines].join('\n')
}
