// What the daemon tells of itself: metrics and log implement it. It decides nothing.

import type { shedReasons } from '../tables/metrics.ts'
import type { ErrorCode } from '../model/index.ts'
import type { Asked, Protocol } from './job.ts'

/** Why a request or a connection was refused: the label of `sidelane_sheds_total`. */
export type ShedReason = (typeof shedReasons)[number]

export interface Observer {
  /**
   * A request has its answer. `outBytes`: the compressed body, 0 without one. Called in the hot path: must not throw.
   */
  request(
    asked: Asked,
    code: ErrorCode | 'accepted',
    status: number,
    outBytes: number,
    queueUs: number,
    runUs: number,
  ): void
  /** A request (beside its `request`) or a connection was refused. */
  shed(reason: ShedReason): void
  opened(protocol: Protocol): void
  closed(protocol: Protocol): void
  /** Bytes of framed connections; HTTP counts its own. */
  received(bytes: number): void
  sent(bytes: number): void
  /** `error` names the file and the place in it. */
  reloaded(error?: Error): void
  warning(message: string): void
}
