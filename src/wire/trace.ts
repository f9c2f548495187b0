// W3C Trace Context: the `traceparent` text and the 26 bytes that cross the socket. Where it goes is the log's
// business.

import { isZero, readHex, writeHex } from '../util/byte-codec.ts'
import { traceBytes } from './constants.ts'

const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * The bytes of a `traceparent`; undefined when it is none (Trace Context §3.2.2: upper case, a version `ff`, ids of
 * zeros). A version that is not known yet is read as far as version 00 goes, and becomes it.
 */
export function traceFromText(traceparent: string): Uint8Array | undefined {
  const [, traceId, parentId, traceFlags, rest] = pattern.exec(traceparent) ?? []
  if (traceId === undefined || (rest !== undefined && traceparent.startsWith('00'))) return undefined
  const bytes = new Uint8Array(traceBytes)
  writeHex(bytes, 1, `${traceId}${parentId}${traceFlags}`)
  return traceIdOf(bytes) === undefined ? undefined : bytes
}

/** The trace-id, 32 hex digits; undefined when the bytes are not a valid context of version 0. */
export const traceIdOf = (bytes: Uint8Array): string | undefined =>
  bytes.length !== traceBytes || bytes[0] !== 0 || isZero(bytes, 1, 17) || isZero(bytes, 17, 25)
    ? undefined
    : readHex(bytes, 1, 17)

/** The `traceparent` of the bytes; undefined when they are not a valid context of version 0. */
export function traceToText(bytes: Uint8Array): string | undefined {
  const traceId = traceIdOf(bytes)
  return traceId && `00-${traceId}-${readHex(bytes, 17, 25)}-${readHex(bytes, 25, 26)}`
}
