// The outcome as bytes: how it crosses from the native engine, from a worker and from a daemon. Little-endian.
//
//   accepted: 0 u8 = 1 · 1 u8 flags (1 digest, 2 canonical) · 2 u16 = 0 · 4 u32 inBytes · 8 u32 canonicalBytes
//             12 u32 bodyBytes · 16 digest (32 raw bytes, zeros when absent) · 48 body · then canonical if flagged
//   rejected: 0 u8 = 2 · 1 u8 = 0 · 2 u16 = 0 · 4 u32 textBytes · 8 JSON text {"code","issues","truncated"}
//   fault:    0 u8 = 3 · 1 u8 = 0 · 2 u16 = 0 · 4 u32 textBytes · 8 JSON text {"code","message","params"?,"retryAfterMs"?}
//
// native/core/src/outcome.rs is the twin.

import { readHex, readU32, writeHex, writeU32 } from '../util/byte-codec.ts'
import { plainValue } from '../json/index.ts'
import { errorTable, SidelaneError, type ErrorCode } from './errors.ts'
import { rejected, type Accepted, type AcceptedCanonical, type Codec, type Outcome, type Rejected } from './outcome.ts'

const kindAccepted = 1
const kindRejected = 2
const kindFault = 3
const flagDigest = 1
const flagCanonical = 2
const acceptedHead = 48
const textHead = 8
const quote = 0x22

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Writes the outcome to `target` at `offset`; returns its size, or the negated size when it does not fit. */
export function encodeOutcome(outcome: Outcome | AcceptedCanonical, target: Uint8Array, offset: number): number {
  if (!outcome.ok) {
    const { code, issues, truncated } = outcome
    return encodeText(kindRejected, JSON.stringify({ code, issues, truncated }), target, offset)
  }
  const canonical = 'canonical' in outcome ? outcome.canonical : undefined
  const size = acceptedHead + outcome.body.length + (canonical?.length ?? 0)
  if (offset + size > target.length) return -size
  target[offset] = kindAccepted
  target[offset + 1] = (outcome.digest === null ? 0 : flagDigest) | (canonical === undefined ? 0 : flagCanonical)
  target[offset + 2] = target[offset + 3] = 0
  writeU32(target, offset + 4, outcome.inBytes)
  writeU32(target, offset + 8, outcome.canonicalBytes)
  writeU32(target, offset + 12, outcome.body.length)
  if (outcome.digest === null) target.fill(0, offset + 16, offset + 48)
  else writeHex(target, offset + 16, outcome.digest)
  target.set(outcome.body, offset + acceptedHead)
  if (canonical) target.set(canonical, offset + acceptedHead + outcome.body.length)
  return size
}

/** Writes a fault in the place of an outcome; returns its size, or the negated size when it does not fit. */
export function encodeFault(error: SidelaneError, target: Uint8Array, offset: number): number {
  const { code, message, params, retryAfterMs } = error
  return encodeText(kindFault, JSON.stringify({ code, message, params, retryAfterMs }), target, offset)
}

/** Size of the outcome that starts at `offset`, as its head has it; 0 for bytes that are none. */
export function outcomeSize(bytes: Uint8Array, offset: number): number {
  const kind = bytes[offset]
  const available = bytes.length - offset
  if (kind === kindAccepted && available >= acceptedHead) {
    const canonicalBytes = (bytes[offset + 1] as number) & flagCanonical ? readU32(bytes, offset + 8) : 0
    return acceptedHead + outcomeBodyBytes(bytes, offset) + canonicalBytes
  }
  return (kind === kindRejected || kind === kindFault) && available >= textHead
    ? textHead + readU32(bytes, offset + 4)
    : 0
}

/** Size of the body in the accepted outcome that starts at `offset`. */
export const outcomeBodyBytes = (bytes: Uint8Array, offset: number): number => readU32(bytes, offset + 12)

/**
 * The code of the outcome that starts at `offset`, without reading the rest; undefined when it is accepted. Bytes that
 * are no outcome have `internal.panic`.
 */
export function outcomeCode(bytes: Uint8Array, offset: number): ErrorCode | undefined {
  if (bytes[offset] === kindAccepted) return undefined
  let code = ''
  // Both texts begin with {"code":"
  for (let at = offset + textHead + 9; at < bytes.length && bytes[at] !== quote; at++) {
    code += String.fromCharCode(bytes[at] as number)
  }
  return Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal.panic'
}

/**
 * Reads the outcome that starts at `offset`. Body and canonical bytes are copied out, so that nothing pins the buffer.
 * Throws the `SidelaneError` that a fault carries, and `internal.panic` for bytes that are no outcome.
 */
export function decodeOutcome(bytes: Uint8Array, offset: number, codec: Codec): Outcome {
  const kind = bytes[offset]
  if (kind === kindAccepted) return decodeAccepted(bytes, offset, codec)
  const text = decoder.decode(bytes.subarray(offset + textHead, offset + textHead + readU32(bytes, offset + 4)))
  if (kind === kindRejected) {
    const { code, issues, truncated } = JSON.parse(text) as Pick<Rejected, 'code' | 'issues' | 'truncated'>
    return rejected(code, issues, truncated)
  }
  if (kind === kindFault) {
    const { code, ...options } = JSON.parse(text) as { code: ErrorCode; message: string }
    if (Object.hasOwn(errorTable, code)) throw new SidelaneError(code, options)
    throw new SidelaneError('internal.panic', { message: 'The engine answered with a fault that nobody knows.' })
  }
  throw new SidelaneError('internal.panic', { message: 'The engine answered with bytes that are no outcome.' })
}

function decodeAccepted(bytes: Uint8Array, offset: number, codec: Codec): Accepted | AcceptedCanonical {
  const flags = bytes[offset + 1] as number
  const outBytes = outcomeBodyBytes(bytes, offset)
  const bodyEnd = offset + acceptedHead + outBytes
  const canonicalBytes = readU32(bytes, offset + 8)
  const accepted: Accepted = {
    ok: true,
    body: bytes.slice(offset + acceptedHead, bodyEnd),
    codec,
    digest: flags & flagDigest ? readHex(bytes, offset + 16, offset + 48) : null,
    inBytes: readU32(bytes, offset + 4),
    canonicalBytes,
    outBytes,
  }
  return flags & flagCanonical ? withCanonical(accepted, bytes.slice(bodyEnd, bodyEnd + canonicalBytes)) : accepted
}

/** The accepted outcome with its canonical bytes and `value()`. */
export const withCanonical = (accepted: Accepted, canonical: Uint8Array): AcceptedCanonical => ({
  ...accepted,
  canonical,
  value: () => plainValue(canonical),
})

function encodeText(kind: number, text: string, target: Uint8Array, offset: number): number {
  const bytes = encoder.encode(text)
  const size = textHead + bytes.length
  if (offset + size > target.length) return -size
  target[offset] = kind
  target[offset + 1] = target[offset + 2] = target[offset + 3] = 0
  writeU32(target, offset + 4, bytes.length)
  target.set(bytes, offset + textHead)
  return size
}
