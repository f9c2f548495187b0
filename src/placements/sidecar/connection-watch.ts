// The timers of a connection to a daemon. They count intervals of this thread instead of reading a clock: what arrived while the
// thread was busy is read before an interval counts.

export interface WatchedConnection {
  /** A frame is incomplete. */
  readonly midFrame: boolean
  /** Requests have no answer, also those whose calls are over: they hold places. */
  readonly isUnanswered: boolean
  ping(): void
  /** A frame does not end. */
  onSlowFrame(ms: number): void
  /** Nothing arrives: `what` the daemon fails to do. */
  onSilence(what: string): void
  /** The daemon does not close the connection although nothing is left to do. */
  onLinger(): void
}

const pingIntervalMs = 30_000
/** Only a payload that takes minutes is answered so late. */
const maxAnswerIntervals = 10
const frameIntervalMs = 1000
const maxFrameIntervals = 5
const lingerMs = 2000

export class ConnectionWatch {
  readonly #connection: WatchedConnection
  readonly #pingTimer: NodeJS.Timeout
  #frameTimer: NodeJS.Timeout | undefined
  #lingerTimer: NodeJS.Timeout | undefined
  /** Ping intervals in which nothing was read. */
  #silentIntervals = 0
  /** Ping intervals in which requests had no answer and none came. */
  #unansweredIntervals = 0
  /** Frame intervals without the end of a frame. */
  #frameIntervals = 0

  constructor(connection: WatchedConnection) {
    this.#connection = connection
    this.#pingTimer = setInterval(this.#onPingTimer, pingIntervalMs).unref()
  }

  /** Bytes were read. */
  onRead(): void {
    this.#silentIntervals = 0
    // Set at most once an interval: large answers leave a frame incomplete with each read.
    if (this.#frameTimer === undefined && this.#connection.midFrame) {
      this.#frameTimer = setTimeout(this.#onFrameTimer, frameIntervalMs).unref()
    }
  }

  /** A frame is complete. */
  onFrame(): void {
    this.#frameIntervals = 0
  }

  /** An answer is complete, or begins and will be skipped. */
  onAnswer(): void {
    this.#frameIntervals = this.#unansweredIntervals = 0
  }

  /** The connection has no more work, and waits for the daemon to close it. */
  onEnding(): void {
    this.#lingerTimer ??= setTimeout(() => this.#connection.onLinger(), lingerMs).unref()
  }

  stop(): void {
    clearInterval(this.#pingTimer)
    clearTimeout(this.#frameTimer)
    clearTimeout(this.#lingerTimer)
  }

  /** Only input shows that a daemon is alive: writes to a stopped one succeed until the system's buffer is full. */
  readonly #onPingTimer = (): void => {
    this.#unansweredIntervals = this.#connection.isUnanswered ? this.#unansweredIntervals + 1 : 0
    if (this.#silentIntervals === 2) return this.#connection.onSilence('answer a PING')
    if (this.#unansweredIntervals > maxAnswerIntervals) return this.#connection.onSilence('answer requests')
    if (this.#silentIntervals === 1) this.#connection.ping()
    this.#silentIntervals++
  }

  readonly #onFrameTimer = (): void => {
    this.#frameTimer = undefined
    if (!this.#connection.midFrame) {
      this.#frameIntervals = 0
      return
    }
    if (++this.#frameIntervals > maxFrameIntervals)
      return this.#connection.onSlowFrame(frameIntervalMs * maxFrameIntervals)
    this.#frameTimer = setTimeout(this.#onFrameTimer, frameIntervalMs).unref()
  }
}
