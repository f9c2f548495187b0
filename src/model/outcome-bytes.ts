// Encodes and decodes outcomes as bytes. The layout is in tables/outcome-layout.ts.

import {
  acceptedHeaderBytes,
  bodyBytesAt,
  canonicalBytesAt,
  digestAt,
  flagCanonical,
  flagDigest,
  flagsAt,
  inBytesAt,
  kindAccepted,
  kindFault,
  kindRejected,
  textBytesAt,
  textHeaderBytes,
} from '../tables/outcome-layout.ts'
import { readHex, readU32, writeHex, writeU32 } from '../util/byte-codec.ts'
import { plainValue } from '../json/index.ts'
import { errorTable, SidelaneError, type DataCode, type ErrorCode, type SidelaneErrorOptions } from './errors.ts'
import { rejected, type Accepted, type AcceptedCanonical, type Codec, type Issue, type Outcome } from './outcome.ts'

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
  const size = acceptedHeaderBytes + outcome.body.length + (canonical?.length ?? 0)
  if (offset + size > target.length) return -size
  target[offset] = kindAccepted
  target[offset + flagsAt] = (outcome.digest === null ? 0 : flagDigest) | (canonical === undefined ? 0 : flagCanonical)
  target[offset + 2] = target[offset + 3] = 0
  writeU32(target, offset + inBytesAt, outcome.inBytes)
  writeU32(target, offset + canonicalBytesAt, outcome.canonicalBytes)
  writeU32(target, offset + bodyBytesAt, outcome.body.length)
  if (outcome.digest === null) target.fill(0, offset + digestAt, offset + acceptedHeaderBytes)
  else writeHex(target, offset + digestAt, outcome.digest)
  target.set(outcome.body, offset + acceptedHeaderBytes)
  if (canonical) target.set(canonical, offset + acceptedHeaderBytes + outcome.body.length)
  return size
}

/** Writes a fault instead of an outcome; returns its size, or the negated size when it does not fit. */
export function encodeFault(error: SidelaneError, target: Uint8Array, offset: number): number {
  const { code, message, params, retryAfterMs } = error
  return encodeText(kindFault, JSON.stringify({ code, message, params, retryAfterMs }), target, offset)
}

/** Size of the outcome that starts at `offset`, by its head; 0 for bytes that are no outcome. */
export function outcomeSize(bytes: Uint8Array, offset: number): number {
  const kind = bytes[offset]
  const available = bytes.length - offset
  if (kind === kindAccepted && available >= acceptedHeaderBytes) {
    const canonicalBytes =
      (bytes[offset + flagsAt] as number) & flagCanonical ? readU32(bytes, offset + canonicalBytesAt) : 0
    return acceptedHeaderBytes + outcomeBodyBytes(bytes, offset) + canonicalBytes
  }
  return (kind === kindRejected || kind === kindFault) && available >= textHeaderBytes
    ? textHeaderBytes + readU32(bytes, offset + textBytesAt)
    : 0
}

/** Size of the body in the accepted outcome that starts at `offset`. */
export const outcomeBodyBytes = (bytes: Uint8Array, offset: number): number => readU32(bytes, offset + bodyBytesAt)

/**
 * The code of the outcome that starts at `offset`, without decoding the rest; undefined when it is accepted. For bytes
 * that are not an outcome: `internal.panic`.
 */
export function outcomeCode(bytes: Uint8Array, offset: number): ErrorCode | undefined {
  if (bytes[offset] === kindAccepted) return undefined
  let code = ''
  // Both texts start with {"code":"
  for (let at = offset + textHeaderBytes + 9; at < bytes.length && bytes[at] !== quote; at++) {
    code += String.fromCharCode(bytes[at] as number)
  }
  return Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal.panic'
}

/** The kind of the outcome that starts at `offset`; undefined for other bytes. */
export function outcomeKind(bytes: Uint8Array, offset: number): 'accepted' | 'rejected' | 'fault' | undefined {
  const kind = bytes[offset]
  if (kind === kindAccepted) return 'accepted'
  if (kind === kindRejected) return 'rejected'
  return kind === kindFault ? 'fault' : undefined
}

/** The fields of a rejected outcome or of a fault. */
export interface OutcomeText extends SidelaneErrorOptions {
  readonly ok: false
  readonly code: ErrorCode
  readonly issues?: readonly Issue[]
  readonly truncated?: boolean
}

/** How body and canonical bytes are taken out of other bytes. */
export type CopyRange = (bytes: Uint8Array, from: number, to: number) => Uint8Array

const sliceOf: CopyRange = (bytes, from, to) => bytes.slice(from, to)
const viewOf: CopyRange = (bytes, from, to) => bytes.subarray(from, to)

/** The outcome that starts at `offset`, without copying: its body and canonical bytes are views of `bytes`. */
export const viewOutcome = (bytes: Uint8Array, offset: number, codec: Codec): Accepted | OutcomeText =>
  bytes[offset] === kindAccepted ? readAccepted(bytes, offset, codec, viewOf) : readText(bytes, offset)

/**
 * Decodes the outcome that starts at `offset`. Body and canonical bytes are copies, made by `copy`, so that they do not retain the
 * buffer.
 * Throws the `SidelaneError` of an encoded fault, and `internal.panic` for bytes that are not an outcome.
 */
export function decodeOutcome(bytes: Uint8Array, offset: number, codec: Codec, copy: CopyRange = sliceOf): Outcome {
  const kind = bytes[offset]
  if (kind === kindAccepted) return readAccepted(bytes, offset, codec, copy)
  if (kind !== kindRejected && kind !== kindFault) {
    throw new SidelaneError('internal.panic', { message: 'The engine returned bytes that are not an outcome.' })
  }
  const { code, issues, truncated, ...options } = readText(bytes, offset)
  if (kind === kindRejected) return rejected(code as DataCode, issues, truncated)
  if (Object.hasOwn(errorTable, code)) throw new SidelaneError(code, options)
  throw new SidelaneError('internal.panic', { message: 'The engine returned an unknown error code.' })
}

function readText(bytes: Uint8Array, offset: number): OutcomeText {
  const from = offset + textHeaderBytes
  const text = decoder.decode(bytes.subarray(from, from + readU32(bytes, offset + textBytesAt)))
  return { ok: false, ...(JSON.parse(text) as Omit<OutcomeText, 'ok'>) }
}

function readAccepted(bytes: Uint8Array, offset: number, codec: Codec, part: CopyRange): Accepted | AcceptedCanonical {
  const flags = bytes[offset + flagsAt] as number
  const outBytes = outcomeBodyBytes(bytes, offset)
  const bodyEnd = offset + acceptedHeaderBytes + outBytes
  const canonicalBytes = readU32(bytes, offset + canonicalBytesAt)
  const accepted: Accepted = {
    ok: true,
    body: part(bytes, offset + acceptedHeaderBytes, bodyEnd),
    codec,
    digest: flags & flagDigest ? readHex(bytes, offset + digestAt, offset + acceptedHeaderBytes) : null,
    inBytes: readU32(bytes, offset + inBytesAt),
    canonicalBytes,
    outBytes,
  }
  return flags & flagCanonical ? withCanonical(accepted, part(bytes, bodyEnd, bodyEnd + canonicalBytes)) : accepted
}

/** The accepted outcome with its canonical bytes and `value()`. */
export const withCanonical = (accepted: Accepted, canonical: Uint8Array): AcceptedCanonical => ({
  ...accepted,
  canonical,
  value: () => plainValue(canonical),
})

function encodeText(kind: number, text: string, target: Uint8Array, offset: number): number {
  const bytes = encoder.encode(text)
  const size = textHeaderBytes + bytes.length
  if (offset + size > target.length) return -size
  target[offset] = kind
  target[offset + 1] = target[offset + 2] = target[offset + 3] = 0
  writeU32(target, offset + textBytesAt, bytes.length)
  target.set(bytes, offset + textHeaderBytes)
  return size
}
