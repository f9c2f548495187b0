// The events of a rollout, and where its sides disagree.

import type { BreakerState } from './breaker-state.ts'
import type { Keyword } from './outcome.ts'

/** What a guard limits, in the calls of the candidate. */
export type GuardName = 'errorRate' | 'deadlineRate' | 'p95AddedMs' | 'shadowMismatchRate'

/** What happens in a rollout. Also published on the diagnostics channel `sidelane:events`. */
export type RolloutEvent = {
  /** The contract's name. */
  readonly contract: string
} & (
  | {
      readonly type: 'percent'
      readonly from: number
      readonly to: number
      readonly held: boolean
      /** Who changed it: code, the file, `advance`, or a guard. */
      readonly by: 'code' | 'file' | 'advance' | 'guard'
      /** With a guard, or where someone gave one. */
      readonly reason?: string | undefined
      readonly guard?: GuardName
      readonly value?: number
      readonly max?: number
      readonly calls?: number
    }
  | { readonly type: 'breaker'; readonly state: BreakerState; readonly reason: string }
  | { readonly type: 'mismatch'; readonly mismatch: Mismatch }
  /** The file cannot be read or written: the last good state holds. `undefined`: it can again. */
  | { readonly type: 'file'; readonly problem: string | undefined }
  /** The key of a call could not be computed: it went to the baseline. Told once. */
  | { readonly type: 'key'; readonly problem: string }
)

/** Two sides disagree. Holds nothing of the payload. */
export interface Mismatch {
  /** The contract's name. */
  readonly contract: string
  /** The contract's id. */
  readonly contractId: string
  /** `verdict`: one accepts. `document`: both accept, and their canonical forms differ. `issues`: both reject, differently. */
  readonly kind: 'verdict' | 'document' | 'issues'
  /** What the old path said. */
  readonly baseline: MismatchSide
  /** What the new path said. */
  readonly candidate: MismatchSide
}

/** What one side said. */
export interface MismatchSide {
  /** It accepts the payload. */
  readonly ok: boolean
  /** Of the canonical form; null: rejected, or `digest` of the contract is keyed. */
  readonly digest: string | null
  /** Of the issues, each once. */
  readonly codes: readonly string[]
  /** Of the issues, each once. */
  readonly keywords: readonly Keyword[]
}

/** What a mismatch is about. Holds the payload. */
export interface MismatchSample {
  /** As the call gave it; bytes are a copy, and a value may be its JSON bytes. */
  readonly payload: unknown
  /** The outcome of the old path. */
  readonly baseline: unknown
  /** The outcome of the new path. */
  readonly candidate: unknown
}
