// The events of the daemon that metrics and log record.

import type { shedReasons } from '../tables/metrics.ts'
import type { ErrorCode } from '../model/index.ts'
import type { Protocol, RequestInfo } from './request.ts'

/** Why a request or a connection was refused: the label of `sidelane_sheds_total`. */
export type ShedReason = keyof typeof shedReasons

export interface Observer {
  /**
   * A request has its response. `outBytes`: the compressed body, 0 without one. Called on the hot path: must not throw.
   */
  request(
    request: RequestInfo,
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
