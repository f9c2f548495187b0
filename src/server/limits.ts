// Timeouts and buffer limits of framed connections, as in WIRE.md. No option changes them.

export interface FramedLimits {
  /** From the first byte of a frame to its last, and from connect to the first HELLO. */
  readonly frameTimeoutMs: number
  /** No request in flight and no frame. */
  readonly idleTimeoutMs: number
  /** A write without progress. */
  readonly writeTimeoutMs: number
  /** From the end of the writing side until the connection is cut. */
  readonly lingerTimeoutMs: number
  /** After GOAWAY, with no request in flight. */
  readonly goawayGraceMs: number
  /** With so many unwritten bytes, reading stops. */
  readonly softOutputBytes: number
  /** With more unwritten bytes, requests are refused. */
  readonly hardOutputBytes: number
  /** Interval at which timeouts are checked. */
  readonly tickMs: number
}

export const defaultLimits: FramedLimits = {
  frameTimeoutMs: 5000,
  idleTimeoutMs: 120_000,
  writeTimeoutMs: 5000,
  lingerTimeoutMs: 1000,
  goawayGraceMs: 1000,
  softOutputBytes: 1024 * 1024,
  hardOutputBytes: 4 * 1024 * 1024,
  tickMs: 100,
}
