// Judges the candidate of a rollout by what its last calls did. A guard needs a least number of calls: chance is not a reason.

import type { GuardName, GuardSettings } from '../model/index.ts'
import type { SideWindow } from './side-monitor.ts'

export interface GuardInput {
  readonly baseline: SideWindow
  readonly candidate: SideWindow
  readonly shadow: { readonly compared: number; readonly mismatched: number }
}

export interface Tripped {
  readonly guard: GuardName
  readonly value: number
  readonly max: number
  /** The calls that it is computed from. */
  readonly calls: number
}

/** The first guard that is above its limit; undefined: none is. */
export function trippedGuard(guards: GuardSettings, { baseline, candidate, shadow }: GuardInput): Tripped | undefined {
  const values: Readonly<Record<GuardName, readonly [value: number, calls: number]>> = {
    errorRate: [candidate.errors / candidate.calls, candidate.calls],
    deadlineRate: [candidate.deadlines / candidate.calls, candidate.calls],
    p95AddedMs: [candidate.p95Ms - baseline.p95Ms, Math.min(candidate.latencies, baseline.latencies)],
    shadowMismatchRate: [shadow.mismatched / shadow.compared, shadow.compared],
  }
  for (const [name, limit] of Object.entries(guards) as [GuardName, GuardSettings[GuardName]][]) {
    if (limit === undefined) continue
    const [value, calls] = values[name]
    if (calls >= limit.minCalls && value > limit.max) return { guard: name, value, max: limit.max, calls }
  }
  return undefined
}
