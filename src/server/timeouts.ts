// The clocks of a framed connection. They are looked at a few times a second; what follows from them is the
// connection's business.

import type { FramedLimits } from './limits.ts'

/** What a look needs to know of the connection. */
export interface Sight {
  /** Something is in flight, or waits to be written. */
  readonly busy: boolean
  /** Nothing is read, so that no frame can be completed. */
  readonly paused: boolean
  readonly gone: boolean
  /** Bytes written so far; undefined when no write goes on. */
  readonly written: number | undefined
}

/** `leave`: it has been silent for long enough. A text is a violation. */
export type Verdict = 'destroy' | 'leave' | 'a frame is not complete in time' | 'no HELLO in time'

export class FrameClocks {
  readonly #limits: FramedLimits
  readonly #connectedAt: number
  /** When the frame that is not complete began. */
  #frameSince: number | undefined
  #frames = false
  #saidHello = false
  #pausedAt = 0
  /** When something last went on. */
  #busyAt: number
  #written: number | undefined
  #writtenAt = 0
  #endedAt: number | undefined

  constructor(limits: FramedLimits, now: number) {
    this.#limits = limits
    this.#connectedAt = this.#busyAt = now
  }

  frame(): void {
    this.#frames = true
  }

  hello(): void {
    this.#saidHello = true
  }

  touch(now: number): void {
    this.#busyAt = now
  }

  /** Bytes have been read, and a frame is half there or not. */
  read(now: number, midFrame: boolean): void {
    if (!midFrame) this.#frameSince = undefined
    else if (this.#frames || this.#frameSince === undefined) this.#frameSince = now
    if (this.#frames) this.#busyAt = now
    this.#frames = false
  }

  paused(now: number): void {
    this.#pausedAt = now
  }

  resumed(now: number): void {
    if (this.#frameSince !== undefined) this.#frameSince += now - this.#pausedAt
  }

  /** The writing side has been ended. */
  ended(now: number): void {
    this.#endedAt ??= now
  }

  look(now: number, { busy, paused, gone, written }: Sight): Verdict | undefined {
    const { frameMs, idleMs, goneMs, stallMs, lingerMs } = this.#limits
    if (this.#endedAt !== undefined) return now - this.#endedAt > lingerMs ? 'destroy' : undefined
    if (written !== this.#written) {
      this.#written = written
      this.#writtenAt = now
    } else if (written !== undefined && now - this.#writtenAt > stallMs) return 'destroy'
    if (!paused && this.#frameSince !== undefined && now - this.#frameSince > frameMs) {
      return 'a frame is not complete in time'
    }
    if (!this.#saidHello && now - this.#connectedAt > frameMs) return 'no HELLO in time'
    if (busy) this.#busyAt = now
    return now - this.#busyAt > (gone ? goneMs : idleMs) ? 'leave' : undefined
  }
}
