// What the comparison writes to the file of `--json`, and what records in bench/record are: the page and the picture of the
// README are drawn from it.

import type { DaemonMemory } from '../cases/sidecar-memory.ts'
import type { Memory } from '../cases/memory.ts'
import type { RateRow } from '../cases/open-loop.ts'
import type { SidecarRow } from '../cases/sidecar.ts'
import type { Header } from '../report/header.ts'
import type { Row } from '../report/row.ts'
import type { EndpointResult, SidecarResult } from '../run-sidecar.ts'
import type { StageRow } from '../stages/row.ts'
import type { Target } from '../targets.ts'
import type { Verdict } from '../verdict.ts'

export interface FullResult {
  /** ISO 8601, the end of the run. */
  readonly at: string
  readonly header: Header
  readonly rows: readonly Row[]
  /** Of the first payload set. */
  readonly verdict: Verdict | null
  readonly verdicts: readonly Verdict[]
  readonly targets: readonly Target[]
  /** The rest is there with `--full` or `--targets` only. */
  readonly rates: readonly RateRow[]
  readonly memory?: readonly Memory[] | undefined
  readonly daemons: readonly DaemonMemory[]
  /** Rows alone in the quick run. */
  readonly sidecar?: SidecarResult | readonly SidecarRow[] | undefined
  readonly beforeAfter?: EndpointResult | undefined
  readonly stages?: readonly StageRow[] | undefined
}

export const sidecarRows = ({ sidecar }: FullResult): readonly SidecarRow[] =>
  sidecar === undefined ? [] : 'sidecar' in sidecar ? sidecar.sidecar : sidecar

/** Rates of all contenders, those behind a socket too. */
export const allRates = ({ rates, sidecar }: FullResult): readonly RateRow[] => [
  ...rates,
  ...(sidecar !== undefined && 'sidecar' in sidecar ? sidecar.rates : []),
]
