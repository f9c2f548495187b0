// What the metrics read of a host or a processor of this package beside its public `stats()`.

import type { Stats } from './processor.ts'

export interface Counted {
  /** Whose the policies are: the same for all processors of a host, and for the host. */
  readonly policyOwner: object
  /** True when other processors share the policies. */
  readonly sharesPolicies: boolean
}

/** A rollout: its counters have the calls of these processors too. */
export interface CountedRollout {
  readonly sides: readonly object[]
}

export interface CountedHost extends Counted {
  /** The counters by the name of the contract, since creation, those of closed processors too. Without policies. */
  contractStats(): Iterable<readonly [contract: string, stats: Stats]>
}
