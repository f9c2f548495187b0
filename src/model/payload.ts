// What a caller may give as a payload.

/** Bytes of a payload: of a buffer all of them. A buffer that was transferred is `options.invalid`. */
export type PayloadBytes = Uint8Array | Int8Array | Uint8ClampedArray | DataView | ArrayBuffer | SharedArrayBuffer

/** A payload: bytes, JSON text (every string is read as text) or a value. */
export type Payload<In = unknown> = PayloadBytes | string | In
