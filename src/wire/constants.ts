// The numbers of the framed protocol, as WIRE.md has them. What they bring about is in the files beside.

/** The version that this library speaks. */
export const protocolVersion = 1

/** Bytes that each side begins with. */
export const prefaceBytes = 8

/** Bytes of a frame before its payload. */
export const headerBytes = 24

/** The time that is left, in a REQUEST without a deadline. */
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

/** Bytes that a REQUEST may have beyond the largest `maxBytes`. */
export const requestSlackBytes = 4096

/** How many times the request cap an answer may have. */
export const answerCapFactor = 8

/** Requests in flight on a connection, unless the server says another number. */
export const defaultInFlight = 256
