// A work as the process of an option holds it: verified, ready to be timed.

import type { Contender } from '../measure/contender.ts'
import type { Loaded } from './work.ts'

export interface LoadedWork extends Loaded {
  readonly contender: Contender
  readonly payloads: readonly Buffer[]
  /** Without the payloads that are left out. */
  readonly timed: readonly Buffer[]
  /** The size of each body. */
  readonly sizes: readonly number[]
  stages(ms: number): Promise<{ readonly json: number; readonly validate: number; readonly compress: number }>
}
