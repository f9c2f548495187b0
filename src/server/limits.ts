// The numbers of WIRE.md's table that no option changes.

export interface FramedLimits {
  /** From the first byte of a frame to its last; also from connecting to the first HELLO. */
  readonly frameMs: number
  /** Nothing in flight and no frame. */
  readonly idleMs: number
  /** A write that makes no progress. */
  readonly stallMs: number
  /** A connection that has been told that it ends. */
  readonly lingerMs: number
  /** After GOAWAY, with nothing in flight. */
  readonly goneMs: number
  /** Answers that wait: reading stops. */
  readonly softOutputBytes: number
  /** Answers that wait: requests are refused. */
  readonly hardOutputBytes: number
  /** Between two looks at the clocks. */
  readonly tickMs: number
}

export const usualLimits: FramedLimits = {
  frameMs: 5000,
  idleMs: 120_000,
  stallMs: 5000,
  lingerMs: 1000,
  goneMs: 1000,
  softOutputBytes: 1024 * 1024,
  hardOutputBytes: 4 * 1024 * 1024,
  tickMs: 100,
}
