// What a decision needs to know.

import type { Contract } from '../model/index.ts'
import type { ContractFacts, ProfileFacts } from './record.ts'
import type { Limits } from './placement-rule.ts'
import type { TodaySource } from './work.ts'

export interface DecideInput {
  readonly payloads: readonly Uint8Array[]
  /** The name of the file. */
  readonly source: string
  /** Payloads read, of which `payloads` is a part. */
  readonly read: number
  readonly isSample: boolean
  readonly contract: Contract
  readonly from: ContractFacts['from']
  readonly contractSource: string | null
  readonly today: TodaySource
  readonly rate: number | null
  readonly limits: Limits
  readonly coreHourCost: number | null
  readonly profile: ProfileFacts | null
  /** When the command began, by `performance.now()`. */
  readonly startedAt: number
  /** Time for all of it; what must be finished then takes a few seconds more. */
  readonly seconds: number
  readonly command: string
  readonly onStep: (what: string, done: number) => void
  readonly signal: AbortSignal
}
