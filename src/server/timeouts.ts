// The limits of connections (no option changes them; those of framed ones are in WIRE.md), and the timeouts of a framed one,
// checked several times a second. The connection acts on the result.

import { framedTexts as texts } from '../tables/daemon-texts.ts'

export const defaultLimits = {
  /** From the first byte of a frame to its last, and from connect to the first HELLO. */
  frameTimeoutMs: 5000,
  /** No request in flight and no frame. */
  idleTimeoutMs: 120_000,
  /** A write without progress. */
  writeTimeoutMs: 5000,
  /** From the end of the writing side until the connection is cut. */
  lingerTimeoutMs: 1000,
  /** After GOAWAY, with no request in flight. */
  goawayGraceMs: 1000,
  /** How long a drain waits for a request that may be on its way. */
  drainGraceMs: 1000,
  /** With this many unwritten bytes, reading stops. */
  softOutputBytes: 1_048_576,
  /** With more unwritten bytes, requests are refused. */
  hardOutputBytes: 4_194_304,
  /** Interval at which timeouts are checked. */
  tickMs: 100,
}

export type FramedLimits = Readonly<typeof defaultLimits>

/** The state of the connection that the timeouts depend on. */
export interface ConnectionState {
  /** Requests are in flight, or bytes wait to be written. */
  readonly isBusy: boolean
  readonly sentGoaway: boolean
  /** Bytes written so far; undefined when there is no current write. */
  readonly written: number | undefined
}

/** `drain`: the connection has been idle for too long. A text is a protocol violation. */
export type TimeoutAction = 'destroy' | 'drain' | typeof texts.frameTimeout | typeof texts.handshakeTimeout

export class FramedTimeouts {
  readonly #limits: FramedLimits
  readonly #connectedAt: number
  /** Start of the incomplete frame. */
  #frameStartedAt: number | undefined
  /** A frame was completed during the current read. */
  completedFrame = false
  receivedHello = false
  /** When reading was paused; undefined when it is not. */
  #pausedAt: number | undefined
  /** Of the last frame or GOAWAY. */
  lastActiveAt: number
  /** The last progress of the current write. */
  #written: number | undefined
  #writtenAt = 0
  /** When the writing side was ended. */
  endedAt: number | undefined

  constructor(limits: FramedLimits, now: number) {
    this.#limits = limits
    this.#connectedAt = this.lastActiveAt = now
  }

  /** `isMidFrame`: the bytes that were read end inside a frame. */
  onRead(now: number, isMidFrame: boolean): void {
    if (!isMidFrame) this.#frameStartedAt = undefined
    else if (this.completedFrame || this.#frameStartedAt === undefined) this.#frameStartedAt = now
    if (this.completedFrame) this.lastActiveAt = now
    this.completedFrame = false
  }

  onPause(now: number): void {
    this.#pausedAt = now
  }

  /** The pause does not count for the incomplete frame. */
  onResume(now: number): void {
    if (this.#frameStartedAt !== undefined && this.#pausedAt !== undefined) this.#frameStartedAt += now - this.#pausedAt
    this.#pausedAt = undefined
  }

  check(now: number, { isBusy, sentGoaway, written }: ConnectionState): TimeoutAction | undefined {
    const { frameTimeoutMs, idleTimeoutMs, goawayGraceMs, writeTimeoutMs, lingerTimeoutMs } = this.#limits
    if (this.endedAt !== undefined) return now - this.endedAt > lingerTimeoutMs ? 'destroy' : undefined
    if (written !== this.#written) {
      this.#written = written
      this.#writtenAt = now
    } else if (written !== undefined && now - this.#writtenAt > writeTimeoutMs) return 'destroy'
    if (
      this.#pausedAt === undefined &&
      this.#frameStartedAt !== undefined &&
      now - this.#frameStartedAt > frameTimeoutMs
    ) {
      return texts.frameTimeout
    }
    if (!this.receivedHello && now - this.#connectedAt > frameTimeoutMs) return texts.handshakeTimeout
    if (isBusy) this.lastActiveAt = now
    return now - this.lastActiveAt > (sentGoaway ? goawayGraceMs : idleTimeoutMs) ? 'drain' : undefined
  }
}
