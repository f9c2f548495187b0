// The constants of the framed protocol (WIRE.md).

/** The supported protocol version. */
export const protocolVersion = 1

/** Length of the preface of each side. */
export const prefaceBytes = 8

/** Length of a frame's header. */
export const headerBytes = 24

/** The remaining time in a REQUEST without a deadline. */
export const noDeadline = 0xffff_ffff

/** Every kind of frame. */
export const kinds = {
  hello: 1,
  request: 2,
  accepted: 3,
  rejected: 4,
  error: 5,
  cancel: 6,
  ping: 7,
  pong: 8,
  goaway: 9,
} as const

/** Flags of a REQUEST. */
export const flags = { trace: 1, canonical: 2 } as const

/** Bytes of a trace context at the start of a REQUEST's payload. */
export const traceBytes = 26

/** Longest payload of a HELLO. */
export const maxHelloBytes = 65_536

/** Longest payload of a PING or PONG. */
export const maxPingBytes = 64

/** Longest text of a HELLO's CLIENT field. */
export const maxClientBytes = 128

/** Longest name of a contract. */
export const maxNameBytes = 64

/** Bytes of a REQUEST beyond the largest `maxBytes`. */
export const requestSlackBytes = 4096

/** Requests in flight on a connection, unless the server sends another limit. */
export const defaultInFlight = 256
