// The timeouts of one framed connection, checked several times a second. The connection acts on the result.

import type { FramedLimits } from './limits.ts'

/** What the timeouts need to know of the connection. */
export interface ConnectionState {
  /** Requests are in flight, or bytes wait to be written. */
  readonly isBusy: boolean
  /** Nothing is read, so no frame can be completed. */
  readonly isPaused: boolean
  readonly sentGoaway: boolean
  /** Bytes written so far; undefined when there is no current write. */
  readonly written: number | undefined
}

/** `drain`: the connection has been idle for too long. A text is a protocol violation. */
export type TimeoutAction = 'destroy' | 'drain' | 'a frame is not complete in time' | 'no HELLO in time'

export class FramedTimeouts {
  readonly #limits: FramedLimits
  readonly #connectedAt: number
  /** Start of the incomplete frame. */
  #frameStartedAt: number | undefined
  /** A frame was completed during the current read. */
  #completedFrame = false
  #receivedHello = false
  #pausedAt = 0
  #lastActiveAt: number
  /** The last progress of the current write. */
  #written: number | undefined
  #writtenAt = 0
  /** When the writing side was ended. */
  #endedAt: number | undefined

  constructor(limits: FramedLimits, now: number) {
    this.#limits = limits
    this.#connectedAt = this.#lastActiveAt = now
  }

  onFrame(): void {
    this.#completedFrame = true
  }

  onHello(): void {
    this.#receivedHello = true
  }

  onGoaway(now: number): void {
    this.#lastActiveAt = now
  }

  /** `isMidFrame`: the bytes that were read end inside a frame. */
  onRead(now: number, isMidFrame: boolean): void {
    if (!isMidFrame) this.#frameStartedAt = undefined
    else if (this.#completedFrame || this.#frameStartedAt === undefined) this.#frameStartedAt = now
    if (this.#completedFrame) this.#lastActiveAt = now
    this.#completedFrame = false
  }

  onPause(now: number): void {
    this.#pausedAt = now
  }

  /** The pause does not count for the incomplete frame. */
  onResume(now: number): void {
    if (this.#frameStartedAt !== undefined) this.#frameStartedAt += now - this.#pausedAt
  }

  onEnd(now: number): void {
    this.#endedAt ??= now
  }

  check(now: number, { isBusy, isPaused, sentGoaway, written }: ConnectionState): TimeoutAction | undefined {
    const { frameTimeoutMs, idleTimeoutMs, goawayGraceMs, writeTimeoutMs, lingerTimeoutMs } = this.#limits
    if (this.#endedAt !== undefined) return now - this.#endedAt > lingerTimeoutMs ? 'destroy' : undefined
    if (written !== this.#written) {
      this.#written = written
      this.#writtenAt = now
    } else if (written !== undefined && now - this.#writtenAt > writeTimeoutMs) return 'destroy'
    if (!isPaused && this.#frameStartedAt !== undefined && now - this.#frameStartedAt > frameTimeoutMs) {
      return 'a frame is not complete in time'
    }
    if (!this.#receivedHello && now - this.#connectedAt > frameTimeoutMs) return 'no HELLO in time'
    if (isBusy) this.#lastActiveAt = now
    return now - this.#lastActiveAt > (sentGoaway ? goawayGraceMs : idleTimeoutMs) ? 'drain' : undefined
  }
}
