// The layout of an outcome as bytes, little-endian: how it crosses from the native engine, from a worker and from a daemon.
// The Rust constants are generated from here: `npm run generate:tables`.
//
//   accepted: u8 kind · u8 flags · u16 = 0 · u32 in · u32 canonical · u32 body · digest (32 raw bytes, zeros when absent)
//             · body · then the canonical bytes if flagged
//   rejected: u8 kind · u8 = 0 · u16 = 0 · u32 text · JSON text {"code","issues","truncated"}
//   fault:    u8 kind · u8 = 0 · u16 = 0 · u32 text · JSON text {"code","message","params"?,"retryAfterMs"?}

/** First byte of an accepted outcome. */
export const kindAccepted = 1
/** First byte of a rejected outcome. */
export const kindRejected = 2
/** First byte of a fault. */
export const kindFault = 3

/** The accepted outcome has a digest. */
export const flagDigest = 1
/** The canonical bytes follow the body. */
export const flagCanonical = 2

/** Offset of the flags of an accepted outcome. */
export const flagsAt = 1
/** Offset of the size of the payload. */
export const inBytesAt = 4
/** Offset of the size of the canonical form. */
export const canonicalBytesAt = 8
/** Offset of the size of the compressed body. */
export const bodyBytesAt = 12
/** Offset of the digest. */
export const digestAt = 16
/** Offset of the body: the size of an accepted outcome's head. */
export const acceptedHeaderBytes = 48

/** Offset of the size of a rejection's or a fault's text. */
export const textBytesAt = 4
/** Offset of that text: the size of its head. */
export const textHeaderBytes = 8
